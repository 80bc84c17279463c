/** Which fields of a value to read: all, or the ones in the map, each with the fields inside its value. */
export type FieldSelection = 'all' | ReadonlyMap<string, FieldSelection>
