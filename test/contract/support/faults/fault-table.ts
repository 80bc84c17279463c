/** The faults of histories, each with the findings that it proves. A fault whose name begins with `none` has none. */
export type SeededFindings = Readonly<Record<string, readonly string[]>>

interface Row {
  histories: number
  seeded: number
  found: number
  isFalse: number
}

const HEADINGS = ['FINDING TOOL', 'FAULT', 'HISTORIES', 'SEEDED', 'FOUND', 'FALSE'] as const

/** Counts for each fault how many of its findings were found on one bus, and how many others. */
export class FaultTable {
  readonly #bus: string
  readonly #rows = new Map<string, Row>()
  readonly #mistakes: string[] = []

  /** `bus` names the bus and the store. */
  constructor(bus: string) {
    this.#bus = bus
  }

  /** Makes a row for each fault, so that one that no history has is a mistake. */
  expectFaults(tool: string, faults: readonly string[]): void {
    for (const fault of faults) this.#row(tool, fault)
  }

  /**
   * Compares what a tool found in a history with what was seeded, as multisets. `faultOf` returns the fault as which a finding
   * counts that was not seeded.
   */
  compare(
    tool: string,
    seeded: SeededFindings,
    found: readonly string[],
    faultOf: (finding: string) => string = () => Object.keys(seeded)[0] ?? 'none',
  ): void {
    const left = [...found]
    for (const [fault, findings] of Object.entries(seeded)) {
      const row = this.#row(tool, fault)
      row.histories += 1
      row.seeded += findings.length
      for (const finding of findings) {
        const at = left.indexOf(finding)
        if (at === -1) this.#mistakes.push(`${tool}, ${fault}: not found: ${finding}`)
        else {
          left.splice(at, 1)
          row.found += 1
        }
      }
    }
    for (const finding of left) {
      const fault = faultOf(finding)
      this.#row(tool, fault).isFalse += 1
      this.#mistakes.push(`${tool}, ${fault}: false: ${finding}`)
    }
  }

  /** A line for each finding that was not found, for each that was not seeded, and for each fault that no history has. */
  get mistakes(): readonly string[] {
    const unseeded = [...this.#rows].filter(([key, { histories, seeded }]) => {
      return histories === 0 || (seeded === 0 && !key.includes('\nnone'))
    })
    return [...this.#mistakes, ...unseeded.map(([key]) => `${key.replace('\n', ', ')}: no history has it`)]
  }

  toString(): string {
    const total: Row = { histories: 0, seeded: 0, found: 0, isFalse: 0 }
    const lines = [...this.#rows].map(([key, row]) => {
      total.seeded += row.seeded
      total.found += row.found
      total.isFalse += row.isFalse
      return [...key.split('\n'), row.histories, row.seeded, row.found, row.isFalse].map(String)
    })
    const { seeded, found, isFalse } = total
    const cells = [[...HEADINGS], ...lines, ['total', '', '', seeded, found, isFalse].map(String)]
    const widths = HEADINGS.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)))
    const pad = (text: string, column: number) =>
      column < 2 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
    const share = (part: number, whole: number) => (whole === 0 ? 1 : part / whole).toFixed(3)
    return [
      `faults on ${this.#bus}`,
      ...cells.map((line) => line.map(pad).join('  ').trimEnd()),
      `precision ${share(found, found + isFalse)}, recall ${share(found, seeded)}`,
    ].join('\n')
  }

  #row(tool: string, fault: string): Row {
    const key = `${tool}\n${fault}`
    const row = this.#rows.get(key) ?? { histories: 0, seeded: 0, found: 0, isFalse: 0 }
    this.#rows.set(key, row)
    return row
  }
}
