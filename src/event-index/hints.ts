/** What the user may do about an index that cannot be used. The command line shows the command. */
export const indexHints = {
  deleteIndex: () =>
    ({ code: 'delete-index', text: 'delete the index; indexing the topics again builds a new one' }) as const,
  indexAgain: () => ({ code: 'index-again', text: 'index the topics again' }) as const,
}

export type IndexHint = ReturnType<(typeof indexHints)[keyof typeof indexHints]>
