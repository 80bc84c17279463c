/** What came of an edit: the text, and what in it stayed as it was though the edit would have it otherwise. */
export type Edited =
  | { readonly ok: true; readonly text: string; readonly kept: readonly string[] }
  | { readonly ok: false; readonly reason: string }
