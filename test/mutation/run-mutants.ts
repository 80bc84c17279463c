import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execa } from 'execa'

/** A change to one file of a generated service that its tests should notice. */
export interface Mutant {
  /** The part of the service: `order` of `src/order/` and `test/order.test.ts`. */
  readonly part: string
  /** In the folder of the part: `rules.ts`. */
  readonly file: string
  readonly what: string
  /** The whole file with the change. */
  readonly text: string
}

const config = new URL('vitest.config.ts', import.meta.url).pathname
const vitest = new URL('../../node_modules/vitest/vitest.mjs', import.meta.url).pathname

/** Longer than a run of some hundred mutants takes on two busy cores: an endless loop stops no test. */
const MAX_RUN_MS = 600_000

/**
 * Runs the tests of the part of each mutant against a copy of the part that has the mutant, all in one process. Returns the
 * mutants that no test noticed. Throws when the tests fail without a mutant, since then they kill all.
 */
export async function survivors(service: string, mutants: readonly Mutant[]): Promise<readonly Mutant[]> {
  const copies = join(service, 'mutants')
  rmSync(copies, { recursive: true, force: true })
  const parts = [...new Set(mutants.map(({ part }) => part))]
  for (const part of parts) copyPart(service, part, join(copies, `as-made-${part}`))
  for (const [index, { part, file, text }] of mutants.entries()) {
    const copy = join(copies, String(index))
    copyPart(service, part, copy)
    writeFileSync(join(copy, 'src', part, file), text)
  }
  const report = join(copies, 'report.json')
  const argv = ['run', '--config', config, '--root', service, '--reporter', 'json', '--outputFile', report]
  const { all } = await execa(process.execPath, [vitest, ...argv], {
    cwd: service,
    reject: false,
    all: true,
    timeout: MAX_RUN_MS,
    env: { VITEST: undefined, VITEST_POOL_ID: undefined, VITEST_WORKER_ID: undefined, NODE_OPTIONS: undefined },
  })
  const passed = new Set(passedIn(report, all ?? ''))
  const broken = parts.filter((part) => !passed.has(`as-made-${part}`))
  if (broken.length > 0) throw new Error(`the generated tests fail without a mutant: ${broken.join(', ')}\n${all}`)
  return mutants.filter((_, index) => passed.has(String(index)))
}

function copyPart(service: string, part: string, copy: string): void {
  mkdirSync(join(copy, 'test'), { recursive: true })
  cpSync(join(service, 'src', part), join(copy, 'src', part), { recursive: true })
  cpSync(join(service, 'src/part.ts'), join(copy, 'src/part.ts'))
  cpSync(join(service, 'test', `${part}.test.ts`), join(copy, 'test', `${part}.test.ts`))
}

interface Report {
  readonly testResults: readonly { readonly name: string; readonly status: string }[]
}

/** The names of the copies whose tests passed. */
function passedIn(report: string, output: string): readonly string[] {
  let read: Report
  try {
    read = JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    throw new Error(`the tests of the mutants wrote no report:\n${output}`)
  }
  return read.testResults.flatMap(({ name, status }) =>
    status === 'passed' ? (dirname(dirname(name)).split('/').at(-1) ?? []) : [],
  )
}
