import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A file system of its own in memory. */
export interface SmallDisk {
  readonly path: string
  /** Takes all the space that is left. */
  fill(): void
  /** Makes it so many times as large, default twice. */
  grow(times?: number): void
  makeReadOnly(): void
  makeWritable(): void
}

/** Bytes. Room for a bus and its log, and quickly filled. */
const SIZE_BYTES = 6 * 1024 * 1024
const PAGE_BYTES = 4096

/** Whether a test that needs such a disk runs: where it can be mounted, and on CI in any case, where it fails without one. */
export const onSmallDisk = Boolean(process.env.CI) || (process.platform === 'linux' && process.getuid?.() === 0)

/** Mounts a tmpfs of 6 MB until the test is over. Throws where that is not allowed: the test must not look green. */
export function smallDisk(): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'crbus-disk-'))
  const filler = join(path, 'filler')
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_BYTES},mode=777`, 'crbus-test', path])
  onTestFinished(() => {
    // Processes that were killed may still be going.
    execFileSync('umount', ['-l', path])
    rmSync(path, { recursive: true })
  })
  const remount = (how: string) => execFileSync('mount', ['-o', `remount,${how}`, path])
  return {
    path,
    fill() {
      const file = openSync(filler, 'a')
      const page = Buffer.alloc(PAGE_BYTES)
      try {
        for (;;) writeSync(file, page)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
    grow: (times = 2) => remount(`size=${times * SIZE_BYTES}`),
    makeReadOnly: () => remount('ro'),
    makeWritable: () => remount('rw'),
  }
}
