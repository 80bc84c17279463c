import { globSync } from 'node:fs'
import { posix } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { commandFiles } from '../support/command-files.ts'
import { anchors, codeBlocks, localLinks, readGuides } from '../support/guides.ts'
import { compilerOptions } from '../support/public-exports.ts'

const root = new URL('../..', import.meta.url).pathname
const guides = readGuides()

test('the guides include the README and a guide for each part of the library', () => {
  expect(guides.map(({ path }) => path)).toEqual(
    expect.arrayContaining([
      'README.md',
      '.github/SECURITY.md',
      ...['drivers', 'store', 'saga', 'schema'].map((room) => `src/${room}/README.md`),
    ]),
  )
})

test('README.md has at most 250 lines', () => {
  const readme = guides.find(({ path }) => path === 'README.md')
  expect(readme?.text.split('\n').length).toBeLessThanOrEqual(250)
})

test('every link in a guide leads to a file of the repository, and to a heading of it where it names one', () => {
  const anchorsOf = new Map(guides.map((guide) => [guide.path, anchors(guide)]))
  const files = new Set(
    globSync(['*', '{.github,bin,src,templates,test}/**'], { cwd: root }).map((path) => path.replaceAll('\\', '/')),
  )
  const broken = guides.flatMap((guide) =>
    localLinks(guide)
      .filter((link) => {
        const [file = '', anchor] = link.split('#')
        const target = file === '' ? guide.path : posix.join(posix.dirname(guide.path), file)
        return !files.has(target) || (anchor !== undefined && !anchorsOf.get(target)?.has(anchor))
      })
      .map((link) => `${guide.path}: ${link}`),
  )
  expect(broken).toEqual([])
})

// Compiles the samples of all guides.
test('the TypeScript of all guides compiles with the strict options of this project', { timeout: 60_000 }, () => {
  // A block whose first line is `// name.ts` is a file that the other blocks of the guide import.
  const files = new Map<string, { readonly code: string; readonly at: string }>()
  for (const guide of guides) {
    for (const [index, { language, code, at }] of codeBlocks(guide).entries()) {
      if (language !== 'ts') continue
      const [, name = `block-${index}.ts`] = /^\/\/ ([\w-]+\.ts)\n/.exec(code) ?? []
      const folder = `${root}guides/${guide.path.replace(/\.md$/, '')}`
      files.set(`${folder}/${name}`, { code, at })
      // The definitions of an earlier release, which a guide compares with those of today.
      if (name !== `block-${index}.ts`)
        files.set(`${folder}/${name.replace('.ts', '-of-last-release.ts')}`, { code, at })
    }
  }
  expect(files.size).toBeGreaterThan(8)
  const options = {
    ...compilerOptions(),
    noEmit: true,
    allowImportingTsExtensions: true,
    // A guide shows what there is, also where its few lines do not use all of it.
    noUnusedLocals: false,
  }
  const host = ts.createCompilerHost(options)
  const program = ts.createProgram({
    rootNames: [...files.keys()],
    options,
    host: {
      ...host,
      fileExists: (path) => files.has(path) || host.fileExists(path),
      readFile: (path) => files.get(path)?.code ?? host.readFile(path),
      directoryExists: (path) => path.startsWith(`${root}guides/`) || (host.directoryExists?.(path) ?? true),
      getSourceFile: (path, version) => {
        const code = files.get(path)?.code
        return code === undefined ? host.getSourceFile(path, version) : ts.createSourceFile(path, code, version, true)
      },
    },
  })
  const problems = [...files].flatMap(([path, { at }]) => {
    const file = program.getSourceFile(path)
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText, start = 0 }) =>
        `${at} (line ${(file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1} of the block): ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    )
  })
  expect(problems).toEqual([])
})

describe('the commands in the guides', () => {
  interface CommandClass {
    readonly flags?: Readonly<Record<string, { readonly char?: string; readonly allowNo?: boolean }>>
    readonly baseFlags?: CommandClass['flags']
    readonly enableJsonFlag?: boolean
  }
  const load = async (): Promise<ReadonlyMap<string, CommandClass>> => {
    const loaded = [...commandFiles(' ')].map(async ([name, file]) => {
      const module: { default: CommandClass } = await import(/* @vite-ignore */ file)
      return [name, module.default] as const
    })
    return new Map(await Promise.all(loaded))
  }

  /** The words of each `crbus` command in a shell block. Quoted words count as one. */
  const commandsIn = (code: string): readonly string[][] =>
    code
      .split('\n')
      .map((line) => line.replace(/^\$ /, '').replace(/(^|\s)#.*$/, ''))
      .flatMap((line) => line.match(/(?:'[^']*'|"[^"]*"|[^|&<>])+/g) ?? [])
      .map((part) => (part.match(/(?:'[^']*'|"[^"]*"|[^\s])+/g) ?? []) as string[])
      .map((words) => (words[0] === 'npx' ? words.slice(1) : words))
      .filter(([program]) => program === 'crbus')
      .map((words) => words.slice(1))

  test('the commands in the guides exist, with the flags that the guides give them', async () => {
    const commands = await load()
    const seen: string[] = []
    const wrong: string[] = []
    for (const guide of guides) {
      for (const { language, code, at } of codeBlocks(guide)) {
        if (language !== 'sh' && language !== 'console') continue
        for (const words of commandsIn(code)) {
          const name = [3, 2, 1].map((count) => words.slice(0, count).join(' ')).find((id) => commands.has(id))
          const command = name === undefined ? undefined : commands.get(name)
          if (command === undefined) {
            wrong.push(`${at}: crbus ${words.join(' ')}: no such command`)
            continue
          }
          seen.push(words.join(' '))
          const flags = Object.entries({ ...command.baseFlags, ...command.flags })
          const known = new Set(
            flags.flatMap(([long, { char }]) => [`--${long}`, `--no-${long}`, ...(char ? [`-${char}`] : [])]),
          )
          for (const word of words) {
            const [, flag] = /^(--[a-z][\w-]*|-[a-z])(?:=.*)?$/i.exec(word) ?? []
            if (flag === undefined || flag === '--json' || flag === '--help' || known.has(flag)) continue
            wrong.push(`${at}: crbus ${words.join(' ')}: no flag ${flag}`)
          }
        }
      }
    }
    expect(wrong).toEqual([])
    expect(seen.length).toBeGreaterThan(50)
  })
})
