/** The hints of the event stores. */
export const storeHints = {
  setUp: () => ({ code: 'set-up-store', text: 'create the tables of the event store' }) as const,
  addColumn: () => ({ code: 'add-column', text: 'add the missing column to the tables of the event store' }) as const,
  listDifferences: () =>
    ({ code: 'list-differences', text: 'compare the tables with those of an event store' }) as const,
  otherDatabase: () => ({ code: 'other-database', text: 'use another database' }) as const,
  otherSchema: () => ({ code: 'other-schema', text: 'or use another schema: ?options=-csearch_path%3Dcrbus' }) as const,
}

export type StoreHint = ReturnType<(typeof storeHints)[keyof typeof storeHints]>
