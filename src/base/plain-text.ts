// What drives a terminal, ends a line, or turns the direction of text around. A line feed and a tab
// do neither harm nor more than they say.
const DRIVING =
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Text of somebody else as it may go to a terminal: what could drive it is shown as `\u001b`. */
export function plainText(text: string): string {
  return text.replace(
    DRIVING,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
