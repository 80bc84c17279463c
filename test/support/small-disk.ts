import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A small file system in memory. */
export interface SmallDisk {
  readonly path: string
  /** Fills the remaining space. */
  fill(): void
  /** Enlarges the disk by a factor, by default 2. */
  grow(times?: number): void
  makeReadOnly(): void
  makeWritable(): void
}

/** Bytes: large enough for a bus and its log, and quickly filled. */
const SIZE_BYTES = 6 * 1024 * 1024
const PAGE_BYTES = 4096

/** Whether to run a test that needs a small disk: if it can be mounted, and always on CI, where the test fails without one. */
export const onSmallDisk = Boolean(process.env.CI) || (process.platform === 'linux' && process.getuid?.() === 0)

/** Mounts a tmpfs of 6 MB until the test ends. Throws if that is not allowed, so that the test does not pass without it. */
export function smallDisk(): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'crbus-disk-'))
  const filler = join(path, 'filler')
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_BYTES},mode=777`, 'crbus-test', path])
  onTestFinished(() => {
    // Killed processes may not have ended yet.
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
