// What src/bundle/snapshot-engine.ts calls to take a snapshot.

/** Functions of the engine. */
export const ENGINE_FUNCTIONS = [
  ...['malloc', 'free', 'JS_NewRuntime', 'JS_NewContext', 'JS_SetMaxStackSize'],
  ...['JS_SetHostPromiseRejectionTracker', 'JS_NewCFunction2', 'JS_NewObject'],
  ...['JS_SetPropertyStr', 'JS_GetPropertyStr', 'JS_GetGlobalObject', 'JS_Eval'],
  ...['JS_WriteObject', 'JS_ReadObject', 'JS_EvalFunction', 'JS_ExecutePendingJob'],
  ...['JS_GetException', 'JS_ToCStringLen2', 'JS_RunGC', 'JS_SetGCThreshold'],
  ...['JS_DupValue', 'JS_FreeValue'],
]

/** All that the builder exports, besides what the glue offers to JavaScript. */
export const BUILDER_EXPORTS = [
  ...['memory', '__stack_pointer', '__indirect_function_table', '_initialize'],
  ...ENGINE_FUNCTIONS,
  ...['runtime', 'context', 'main', 'rejection'],
]
