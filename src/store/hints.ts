/** The hints of the event stores. A front end may replace a text by its code, for example to name a command. */
export const storeHints = {
  setUp: () => ({ code: 'set-up-store', text: 'create the tables of the event store' }) as const,
  addColumn: () => ({ code: 'add-column', text: 'add the missing column to the tables of the event store' }) as const,
  listDifferences: () =>
    ({ code: 'list-differences', text: 'compare the tables with those of an event store' }) as const,
  otherDatabase: () => ({ code: 'other-database', text: 'use another database' }) as const,
  otherSchema: () =>
    ({
      code: 'other-schema',
      text: 'or use another schema: add ?options=-csearch_path%3Dcrbus to the address',
    }) as const,
}

export type StoreHint = ReturnType<(typeof storeHints)[keyof typeof storeHints]>
