import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

const src = fileURLToPath(new URL('../../../src/', import.meta.url))

/** The declarations that a user of the library loads: `index.d.ts` and whatever its imports reach. */
function publishedTypes(): Map<string, string> {
  const { config } = ts.readConfigFile(posix.join(src, '../tsconfig.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, posix.join(src, '..'))
  const emit = { noEmit: false, declaration: true, emitDeclarationOnly: true, rootDir: src, outDir: src }
  // Examples in docstrings make bytes with Buffer, which is a Uint8Array.
  const more = { ...emit, removeComments: true }
  const written = new Map<string, string>()
  const program = ts.createProgram([posix.join(src, 'index.ts')], { ...options, ...more })
  program.emit(undefined, (path, text) => written.set(path, text))
  const reached = new Map<string, string>()
  const reach = (path: string) => {
    const text = written.get(path)
    if (text === undefined || reached.has(path)) return
    reached.set(path, text)
    for (const { fileName } of ts.preProcessFile(text).importedFiles) {
      if (fileName.startsWith('.')) reach(posix.join(posix.dirname(path), fileName.replace(/\.ts$/, '.d.ts')))
    }
  }
  reach(posix.join(src, 'index.d.ts'))
  return reached
}

// Compiles the sources of the library.
test('the published types speak of bytes as Uint8Array', { timeout: 120_000 }, () => {
  const types = publishedTypes()

  expect(types.size).toBeGreaterThan(10)
  expect([...types].filter(([, text]) => /\bBuffer\b/.test(text)).map(([path]) => path)).toEqual([])
})
