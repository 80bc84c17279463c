import { createHash } from 'node:crypto'
import { dirname, join, relative, resolve } from 'node:path'
import { readAtMost } from '../../files/read-at-most.ts'
import { pathProblem } from '../../operations/named-file.ts'
import type { SagaFile } from '../../operations/sagas/description/definition.ts'
import { outside } from '../config/trust/outside.ts'
import { isNoted, remember } from '../config/trust/project-notes.ts'
import { RefusedError, UsageError } from '../errors.ts'
import { confirmOrRefuse } from '../process/confirm.ts'
import type { Context } from '../process/context.ts'
import { flag, shellWord } from '../suggestions.ts'

/** The code of a saga: an export of a file. */
export interface SagaCode {
  /** The absolute path. */
  readonly file: string
  readonly name: string
  /** The folder in which it runs. */
  readonly folder: string
  /** `FILE#EXPORT`, as the user or the description names it. */
  readonly shown: string
}

/** Parses `--code FILE#EXPORT`. By naming the file, the user consents to running it. */
export function parseCode(text: string, cwd: string): SagaCode {
  const at = text.lastIndexOf('#')
  if (at < 1 || at === text.length - 1) {
    throw new UsageError(`--code ${text} is not FILE#EXPORT`, [flag('--code src/checkout/saga.ts#checkoutSaga')])
  }
  const file = resolve(cwd, text.slice(0, at))
  refuseMissing(file)
  return { file, name: text.slice(at + 1), folder: cwd, shown: text }
}

/** The largest file whose content is compared with that which the user has allowed. */
const MAX_FILE_BYTES = 1024 * 1024

/**
 * Returns the code that a description names, after the user has consented to running it: a stranger may have written it. Asks on a
 * terminal, and again when the file changes.
 */
export async function codeOf({ path, definition }: SagaFile, context: Context): Promise<SagaCode> {
  const { code } = definition
  if (code === undefined) {
    throw new UsageError(`${path} names no code`, [flag('--code src/checkout/saga.ts#checkoutSaga')])
  }
  // The folder `sagas` is in the folder of the service.
  const folder = dirname(dirname(resolve(path)))
  const [name = '', export_ = ''] = code.split('#')
  const file = join(folder, name)
  refuseMissing(file)
  // The same code for a user who names it.
  const named = `--code ${shellWord(`${relative(context.cwd, file)}#${export_}`)}`
  // A link in the service may lead elsewhere.
  if (outside(file, join(folder, 'sagas')) !== undefined) {
    throw new RefusedError(`${code} of ${path} leads out of ${folder}`, [flag(named)])
  }
  const content = readAtMost(file, MAX_FILE_BYTES + 1)
  if (content.length > MAX_FILE_BYTES) {
    throw new RefusedError(`${file} is larger than 1 MiB, so crbus cannot tell whether it changes`, [
      flag(named, 'names it yourself'),
    ])
  }
  const digest = createHash('sha256').update(content).digest('hex')
  const note = { file: path, what: `runs ${file} with the content ${digest}` }
  if (!isNoted(context.stateFolder, note)) {
    const { stdin, stderr } = context.io
    if (!stdin.isTTY || !stderr.isTTY) {
      throw new RefusedError(`${path} names code to run, ${code}, which a stranger may have written`, [
        flag(named, 'names it yourself, and so allows to run it'),
      ])
    }
    await confirmOrRefuse(context, {
      ...{
        name: code,
        question: `Run ${file} and what it imports, as ${path} says? A stranger may have written it.`,
        where: undefined,
      },
      ...{ yes: undefined, confirm: undefined, guard: undefined, deletion: undefined, alternatives: [] },
    })
    remember(context.stateFolder, note, context.now())
  }
  return { file, name: export_, folder, shown: code }
}

function refuseMissing(file: string): void {
  const problem = pathProblem(file, 'file')
  if (problem !== undefined) throw new UsageError(problem, [flag('--code src/checkout/saga.ts#checkoutSaga')])
}
