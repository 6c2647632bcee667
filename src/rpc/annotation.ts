// What `$label("x")` in a schema says about a declaration, readable at run time. Generated code has
// it beside what it is about (`Person$Annotations`), where a bundler leaves it out unless it is used.

/** An annotation as a schema declares it; `T` is the type of what it says. */
export interface Annotation<T> {
  readonly id: bigint
  /** As in the schema. */
  readonly name: string
  /** Never there: ties the type of the value to the annotation. */
  readonly value?: T
}

/** What annotations say about one declaration, in the order of the schema. */
export type Notes = readonly (readonly [Annotation<unknown>, unknown])[]

/** What annotations say about a declaration and its members: fields, enumerants or methods. */
export interface Annotations {
  readonly own: Notes
  readonly members: { readonly [name: string]: Notes }
}

/**
 * What `annotation` says among `notes`; undefined when it is not there, null for one without a value.
 *
 *     annotationOf(Person$Annotations.own, label)
 *     annotationOf(Person$Annotations.members.name, label)
 */
export function annotationOf<T>(notes: Notes, annotation: Annotation<T>): T | undefined {
  return notes.find(([{ id }]) => id === annotation.id)?.[1] as T | undefined
}
