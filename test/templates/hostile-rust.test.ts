import { describe, expect, test } from 'vitest'
import { hasCargo } from '../support/cargo.ts'
import { importRust } from '../unit/schema/import/import-rust.ts'
import { listOf, seededRandom } from '../unit/schema/support/random.ts'
import { buildHostile, hostileManifest } from './support/build-hostile.ts'
import { features, hostileCrate } from './support/hostile-crate.ts'
import { compareImport, type Verdict } from './support/judge-import.ts'

/** The seed makes every run use the same crates. `CRBUS_HOSTILE_SEED` selects others. */
const seed = Number(process.env.CRBUS_HOSTILE_SEED ?? 2026)
/** How many crates to compare. Under CI, enough to find a mistake in one of a thousand. */
const wanted = process.env.CI === undefined ? 100 : 2000
/** How many crates rustc gets at a time. About four of ten compile; more at once take rustc much longer. */
const batch = process.env.CI === undefined ? 300 : 400

describe.skipIf(!hasCargo)('crates that mislead', () => {
  test('are imported right, or with a question, as bytes of Rust show (needs cargo)', {
    timeout: 1_800_000,
  }, async () => {
    const random = seededRandom(seed)
    const counts: Record<Verdict['kind'], number> = { right: 0, asked: 0, wrong: 0 }
    const wrong: string[] = []
    const kinds = new Set<string>()
    for (let round = 0; round < 30 && counts.right + counts.asked < wanted; round += 1) {
      for (const { source, written, kinds: tried } of await buildHostile(listOf(batch, () => hostileCrate(random)))) {
        const rust = source.replaceAll('CRATE', 'crate')
        const verdict = compareImport(
          (assume) => importRust({ 'Cargo.toml': hostileManifest, 'src/lib.rs': rust }, { root: 'Root', assume }),
          written,
          (option) =>
            features.includes(option.replace('feature:', '')) ? (option === 'feature:alpha' ? 'on' : 'off') : undefined,
        )
        expect(written.length).toBeGreaterThan(0)
        counts[verdict.kind] += 1
        for (const kind of tried) kinds.add(kind)
        if (verdict.kind === 'wrong') wrong.push(`${verdict.why}\n${rust}`)
      }
      if (wrong.length > 0) break
    }
    process.stdout.write(`hostile crates: ${counts.right} right, ${counts.asked} asked, ${counts.wrong} wrong\n`)
    expect(wrong.slice(0, 3)).toEqual([])
    expect(counts.right).toBeGreaterThan(wanted / 4)
    expect(counts.right + counts.asked).toBeGreaterThanOrEqual(wanted)
    expect(kinds.size).toBeGreaterThan(20)
  })
})
