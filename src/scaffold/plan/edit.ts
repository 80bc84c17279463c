/** The result of an edit: the new text, and the names of existing values that differ from the edit and were kept. */
export type Edited =
  | { readonly ok: true; readonly text: string; readonly kept: readonly string[] }
  | { readonly ok: false; readonly reason: string }
