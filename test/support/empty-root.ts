import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { type RunningShell, startShell } from './running-shell.ts'

/** A root folder with nothing but Node, npm, a shell, a folder for temporary files and an empty home folder. */
export interface EmptyRoot {
  /** Its path outside. Inside, it is `/`. */
  readonly folder: string
  /**
   * Starts commands of a shell in a folder of the root, with these variables and those of a new user. With `isTerminal`, they run
   * on a pseudo-terminal of 100 columns.
   */
  start(commands: string, cwd: string, env: Readonly<Record<string, string>>, isTerminal?: boolean): RunningShell
  dispose(): void
}

/** Runs its arguments with mounts of its own, which end with it. Root needs no user namespace. */
const unshare = process.getuid?.() === 0 ? ['unshare', '--mount'] : ['unshare', '-Ur', '--mount']

/** Whether this machine can run commands in another root. Other systems than Linux cannot. */
export function canChangeRoot(): boolean {
  try {
    execFileSync(unshare[0] as string, [...unshare.slice(1), 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Makes a root. `certificates` are trusted beside those that the machine trusts. */
export function makeEmptyRoot(certificates: readonly string[]): EmptyRoot {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-root-'))
  for (const path of [
    'dev',
    'proc',
    'etc',
    'tmp',
    'work',
    'home/user',
    'cache',
    'bin',
    'usr/bin',
    'usr/lib/node_modules',
  ])
    mkdirSync(join(folder, path), { recursive: true })
  chmodSync(join(folder, 'tmp'), 0o1777)
  copyProgram(folder, process.execPath, '/usr/bin/node')
  copyProgram(folder, '/bin/sh', '/bin/sh')
  copyProgram(folder, '/usr/bin/env', '/usr/bin/env')
  const npm = dirname(dirname(realpathSync(which('npm'))))
  cpSync(npm, join(folder, 'usr/lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true })
  for (const name of ['npm', 'npx'])
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(folder, 'usr/bin', name))

  const { NODE_EXTRA_CA_CERTS: extra, npm_config_userconfig: config, npm_config_cache: cache } = process.env
  writeFileSync(join(folder, 'etc/passwd'), 'root:x:0:0:root:/home/user:/bin/sh\n')
  const trusted = [extra, ...certificates].filter((path) => path !== undefined && path !== '') as string[]
  writeFileSync(join(folder, 'etc/ca.pem'), trusted.map((path) => `${readFileSync(path, 'utf8')}\n`).join(''))
  // npm keeps its cache, and the registry that the machine configures, as for every new user of the tests.
  for (const [from, to] of [
    ['/etc/resolv.conf', 'etc/resolv.conf'],
    ['/etc/hosts', 'etc/hosts'],
    [config ?? join(homedir(), '.npmrc'), 'etc/npmrc'],
  ] as const)
    if (existsSync(from)) copyFileSync(from, join(folder, to))
  const npmCache = cache ?? join(homedir(), '.npm')
  mkdirSync(npmCache, { recursive: true })

  const variables = {
    HOME: '/home/user',
    PATH: '/usr/bin:/bin',
    NO_COLOR: '1',
    CI: '1',
    NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
    npm_config_userconfig: '/etc/npmrc',
    npm_config_cache: '/cache',
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => /_proxy$/i.test(name))),
  }
  const mounted = [
    ['--rbind', '/dev', 'dev'],
    ['--rbind', '/proc', 'proc'],
    ['--bind', npmCache, 'cache'],
  ] as const
  const mounts = mounted.map(([how, from, to]) => `mount ${how} '${from}' '${join(folder, to)}'`)
  return {
    folder,
    start(commands, cwd, env, isTerminal = false) {
      const inside = Object.entries({ ...variables, ...env }).map(([name, value]) => `${name}=${value}`)
      const enter = `${mounts.join(' && ')} && exec chroot '${folder}' "$@"`
      // With its own trap, the shell outlives Ctrl-C and ends with the exit code of the command.
      const words = ['/usr/bin/env', '-i', ...inside, '/bin/sh', '-c', `trap : INT; cd '${cwd}' && ${commands}`]
      const whole = [...unshare, 'sh', '-ec', enter, 'sh', ...words]
      const line = `stty cols 100 rows 30; exec ${whole.map(quoted).join(' ')}`
      return startShell((isTerminal ? ['script', '-qfec', line, '/dev/null'] : whole) as [string, ...string[]], {
        env: { PATH: process.env.PATH, SHELL: '/bin/sh' },
      })
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Quotes a word for a shell. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

const which = (name: string): string => execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()

/** Parts of the C library that Node does not load, but native packages of a service may. */
const MORE_OF_LIBC = ['librt.so.1', 'libutil.so.1', 'libresolv.so.2']

/** Copies a program with the shared libraries that it loads, and the rest of the C library. */
function copyProgram(folder: string, from: string, to: string): void {
  const loaded = execFileSync('ldd', [from], { encoding: 'utf8' }).matchAll(/(?:=> |^\t)(\/\S+)/gm)
  const libraries = [...loaded].map(([, path = '']) => path)
  const libc = libraries.find((path) => basename(path) === 'libc.so.6')
  if (libc !== undefined) {
    const more = MORE_OF_LIBC.map((name) => join(dirname(libc), name))
    libraries.push(...more.filter((path) => existsSync(path)))
  }
  const copies = [[from, to] as const, ...libraries.map((path) => [path, path] as const)]
  for (const [source, target] of copies) {
    mkdirSync(dirname(join(folder, target)), { recursive: true })
    copyFileSync(realpathSync(source), join(folder, target))
  }
}
