import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { compareText } from '../bus/compare.ts'
import { packTar } from '../files/tar.ts'

/** Files that npm adds to every package. */
const ALWAYS_PACKED = ['package.json', 'README.md', 'LICENSE']

/** Where a service keeps its copy of crbus. */
const VENDOR_FOLDER = 'vendor'

/** A copy of crbus inside a service, from which npm installs it. */
export interface VendoredPackage {
  /** The path from the folder of the service, with forward slashes. */
  readonly path: string
  /** A gzipped tar archive, as `npm pack` makes. */
  readonly content: Uint8Array
}

/** Returns the path of a copy of crbus in a service. */
export const vendoredPath = (fileName: string): string => `${VENDOR_FOLDER}/${fileName}`

/**
 * Packs crbus from its folder, installed or a built checkout, like `npm pack` but without npm and without running scripts. Returns
 * `undefined` if the folder is not a crbus that can run.
 */
export function packCrbus(root: string): VendoredPackage | undefined {
  const manifest = readManifest(root)
  const { name, version, files } = manifest ?? {}
  if (name !== 'crbus' || typeof version !== 'string' || !Array.isArray(files)) return undefined
  const kept = [...ALWAYS_PACKED, ...files].flatMap((entry) => filesBelow(root, entry)).sort(compareText)
  if (!kept.some((path) => path.startsWith('dist/'))) return undefined
  const archived = kept.map((path) => ({
    path: `package/${path}`,
    content: readFileSync(join(root, path)),
    isExecutable: path.startsWith('bin/'),
  }))
  return { path: vendoredPath(`crbus-${version}.tgz`), content: gzipSync(packTar(archived), { level: 9 }) }
}

/** Lists a file, or all files in a folder and its folders. A path that does not exist has none. */
function filesBelow(root: string, path: string): readonly string[] {
  const stats = lstatSync(join(root, path), { throwIfNoEntry: false })
  if (stats?.isFile()) return [path]
  if (!stats?.isDirectory()) return []
  return readdirSync(join(root, path)).flatMap((name) => filesBelow(root, `${path}/${name}`))
}

function readManifest(root: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  } catch {
    return undefined
  }
}
