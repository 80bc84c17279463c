/** A value in force and its source: a flag, an environment variable, a file, or `default`. */
export interface Setting<T> {
  readonly value: T
  readonly from: string
}
