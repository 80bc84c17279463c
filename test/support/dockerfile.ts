import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DockerfileParser, type Instruction, type ModifiableInstruction } from 'dockerfile-ast'
import { execa } from 'execa'

/** An instruction of a Dockerfile, such as `COPY --from=build /crbus/installed /usr/local`. */
interface Step {
  readonly keyword: string
  readonly flags: Readonly<Record<string, string>>
  readonly words: readonly string[]
  /** Everything after the keyword. */
  readonly text: string
}

/** A folder that stands for the root of a container, and what a Dockerfile says about the container. */
interface Stage {
  readonly folder: string
  readonly workdir: string
  readonly env: Readonly<Record<string, string>>
}

/** Reads the instructions of a Dockerfile. */
export function readSteps(path: string): readonly Step[] {
  const parsed = DockerfileParser.parse(readFileSync(path, 'utf8'))
  return parsed.getInstructions().map((instruction): Step => {
    const flags = 'getFlags' in instruction ? (instruction as ModifiableInstruction).getFlags() : []
    return {
      keyword: instruction.getKeyword(),
      flags: Object.fromEntries(flags.map((flag) => [flag.getName(), flag.getValue() ?? ''])),
      words: wordsOf(instruction),
      text: instruction.getArgumentsContent() ?? '',
    }
  })
}

/** Returns the arguments without flags. The array of strings of an ENTRYPOINT or a CMD is one argument for each string. */
function wordsOf(instruction: Instruction): readonly string[] {
  const text = instruction.getArgumentsContent() ?? ''
  if (text.startsWith('[')) return JSON.parse(text)
  return instruction
    .getArguments()
    .map((argument) => argument.getValue())
    .filter((word) => !word.startsWith('--'))
}

/** Returns the files and folders of the context that Docker sends to a build. The ignore file must list them after `*`. */
export function contextEntries(ignoreFile: string): readonly string[] {
  const lines = readFileSync(ignoreFile, 'utf8').split('\n')
  const [first, ...rest] = lines.filter((line) => line !== '' && !line.startsWith('#'))
  const unexpected = rest.filter((line) => !/^![\w.-]+$/.test(line))
  if (first !== '*' || unexpected.length > 0)
    throw new Error(`${ignoreFile} must be * and then !NAME, not ${unexpected}`)
  return rest.map((line) => line.slice(1))
}

/**
 * Runs the COPY and RUN instructions of a Dockerfile without Docker, each stage in a folder of its own, and returns the last
 * stage. Commands run on this machine, so they must use relative paths. Base images are not used.
 */
export async function buildWithoutDocker(
  steps: readonly Step[],
  context: { readonly folder: string; readonly entries: readonly string[] },
  into: string,
): Promise<Stage> {
  const stages: Stage[] = []
  const byName = new Map<string, Stage>()
  for (const { keyword, flags, words, text } of steps) {
    const stage = stages.at(-1)
    if (keyword === 'FROM') {
      const next = { folder: join(into, `stage-${stages.length}`), workdir: '/', env: {} }
      mkdirSync(next.folder)
      stages.push(next)
      if (words[2] !== undefined) byName.set(words[2], next)
      continue
    }
    if (stage === undefined) throw new Error(`${keyword} before FROM`)
    if (keyword === 'WORKDIR') {
      const [workdir = '/'] = words
      stages[stages.length - 1] = { ...stage, workdir }
      mkdirSync(join(stage.folder, workdir), { recursive: true })
    } else if (keyword === 'ENV') {
      const pairs = words.map((word) => word.split('=') as [string, string])
      stages[stages.length - 1] = { ...stage, env: { ...stage.env, ...Object.fromEntries(pairs) } }
    } else if (keyword === 'RUN') {
      await execa('sh', ['-ec', text], { cwd: join(stage.folder, stage.workdir) })
    } else if (keyword === 'COPY') {
      const source = flags.from === undefined ? undefined : byName.get(flags.from)
      const from = source?.folder ?? context.folder
      const sources = words.slice(0, -1)
      const ignored = source === undefined ? sources.filter((name) => !context.entries.includes(name)) : []
      if (ignored.length > 0) throw new Error(`the context does not have ${ignored}`)
      copy(
        sources.map((name) => join(from, name)),
        words.at(-1) ?? '',
        stage,
      )
    }
  }
  const last = stages.at(-1)
  if (last === undefined) throw new Error('the Dockerfile has no FROM')
  return last
}

/** Copies like COPY: of a folder its content, and into a folder whose path ends with a slash. */
function copy(sources: readonly string[], target: string, { folder, workdir }: Stage): void {
  const to = target.startsWith('/') ? join(folder, target) : join(folder, workdir, target)
  for (const source of sources) {
    const path = target.endsWith('/') ? join(to, basename(source)) : to
    cpSync(source, path, { recursive: true, verbatimSymlinks: true })
  }
}
