import { expect, test } from 'vitest'
import { listOf, type Random, seededRandom } from '../support/random.ts'
import { importRust, linesOf, typesOf } from './import-rust.ts'

test('reports the questions that follow from each answer to a cfg, and from which answer', () => {
  const rust = `use serde::Serialize;
#[derive(Serialize)] pub enum OrderEvent {
  #[cfg(feature = "beta")] Beta(Gamma),
  #[cfg(not(feature = "beta"))] Old { at: clock::Tick },
}
#[derive(Serialize)] pub struct Gamma { #[cfg(feature = "gamma")] ray: lab::Ray, dose: lab::Dose }`
  expect(linesOf(importRust(rust))).toEqual([
    "src/lib.rs:3 OrderEvent::Beta: whether this declaration is compiled depends on feature:beta [--assume 'feature:beta=on|off']",
    "src/lib.rs:4 OrderEvent::Old: whether this declaration is compiled depends on feature:beta [--assume 'feature:beta=on|off']",
    "src/lib.rs:6 Gamma.ray: whether this declaration is compiled depends on feature:gamma [--assume 'feature:gamma=on|off'] if feature:beta is on",
    'src/lib.rs:6 lab::Dose: the source of crate lab is not among the paths [--map lab::Dose=…] if feature:beta is on',
    'src/lib.rs:4 clock::Tick: the source of crate clock is not among the paths [--map clock::Tick=…] if feature:beta is off',
    'src/lib.rs:6 lab::Ray: the source of crate lab is not among the paths [--map lab::Ray=…] if feature:beta is on and feature:gamma is on',
  ])
})

test('reports without a condition what follows from every answer', () => {
  const rust = `mod a { #[derive(serde::Serialize)] pub struct Id(crate::Raw); }
mod b { #[derive(serde::Serialize)] pub struct Id(crate::Raw, u8); }
#[derive(serde::Serialize)] pub struct Raw(lab::Raw);
#[cfg(unix)] use a::Id; #[cfg(not(unix))] use b::Id;
#[derive(serde::Serialize)] pub enum OrderEvent { A(Id) }`
  expect(linesOf(importRust(rust)).slice(1)).toEqual([
    'src/lib.rs:3 lab::Raw: the source of crate lab is not among the paths [--map lab::Raw=…]',
  ])
})

test('reports the questions about the fields of a type that may be assumed to derive Serialize', () => {
  const rust = 'pub struct Item(lab::Raw); #[derive(serde::Serialize)] pub enum OrderEvent { A(Item) }'
  expect(linesOf(importRust(rust))[1]).toBe(
    'src/lib.rs:1 lab::Raw: the source of crate lab is not among the paths [--map lab::Raw=…] if crate::Item derives Serialize',
  )
})

test('reports the questions of types that are only reached through a type with a question', () => {
  const rust = `use serde::Serialize;
#[derive(Serialize)] pub struct Deep { it: lab::A, next: Vec<(lab::B, Inner)>, all: [Last; len()] }
#[derive(Serialize)] pub struct Inner(Option<lab::C>);
#[derive(Serialize)] pub struct Last(lab::D);
#[derive(Serialize)] pub enum OrderEvent { A(Deep) }`
  const about = linesOf(importRust(rust)).map((line) => line.replace(/^\S+ (.*?): .*$/, '$1'))
  expect(about).toEqual(['lab::A', 'lab::B', '[Last; len()]', 'lab::C', 'lab::D'])
})

test('the number of imports with assumed answers is limited', () => {
  const variants = Array.from({ length: 200 }, (_, index) => `#[cfg(feature = "f${index}")] V${index}(lab::T${index})`)
  const lines = linesOf(importRust(`#[derive(serde::Serialize)] pub enum OrderEvent { ${variants.join(', ')} }`))
  expect(lines.filter((line) => !line.includes(' if '))).toHaveLength(200)
  expect(lines.filter((line) => line.includes(' if ')).length).toBeGreaterThan(20)
})

test('refuses an answer about an option of cfg that is neither on nor off', () => {
  const rust = '#[derive(serde::Serialize)] pub enum OrderEvent { A, #[cfg(tokio_unstable)] B }'
  expect(linesOf(importRust(rust, { assume: { 'feature:beta': 'on|off', 'target_os = "linux"': 'maybe' } }))).toEqual([
    ".:0 feature:beta: the answer must be on or off, not on|off [--assume 'feature:beta=on|off']",
    `.:0 target_os = "linux": the answer must be on or off, not maybe [--assume 'target_os = "linux"=on|off']`,
  ])
  const imported = importRust(rust, { assume: { tokio_unstable: 'off' } })
  expect(typesOf(imported)).toEqual({ OrderEvent: [{ A: null }] })
  expect(imported.ok && imported.schema.answers?.assume).toEqual(new Map([['tokio_unstable', 'off']]))
})

test('asks whether a feature with serde in its name is on if it decides whether a field or a variant exists', () => {
  const rust = `#[cfg_attr(feature = "serde-all", derive(serde::Serialize))] pub enum OrderEvent { A,
  #[cfg(feature = "serde-extras")] B, #[cfg(feature = "serde-all")] C { #[cfg(not(feature = "with_serde"))] it: u8 } }`
  expect(linesOf(importRust(rust, { root: 'OrderEvent' }))).toEqual([
    "src/lib.rs:2 OrderEvent::B: whether this declaration is compiled depends on feature:serde-extras [--assume 'feature:serde-extras=on|off']",
    "src/lib.rs:2 OrderEvent::C.it: whether this declaration is compiled depends on feature:with_serde [--assume 'feature:with_serde=on|off']",
  ])
  const assume = { 'feature:serde-extras': 'off', 'feature:with_serde': 'on' }
  expect(typesOf(importRust(rust, { assume }))).toEqual({ OrderEvent: [{ A: null }, { C: {} }] })
})

/** Random types that contain each other, with fields of unknown types and fields that depend on three features. */
function randomSource(random: Random): string {
  const names = ['OrderEvent', 'A', 'B', 'C', 'D', 'E']
  const cfg = () => {
    const feature = `feature = "f${random.below(3)}"`
    const other = `feature = "f${random.below(3)}"`
    return random.pick(['', '', `#[cfg(${feature})]`, `#[cfg(not(${feature}))]`, `#[cfg(all(${feature}, ${other}))]`])
  }
  const type = (owner: number) => {
    const later = names.slice(owner + 1)
    const inner = later.length === 0 || random.chance(0.3) ? `lab::T${random.below(9)}` : random.pick(later)
    return random.pick([inner, inner, `Vec<${inner}>`, `Option<(u8, ${inner})>`, `[${inner}; 2]`])
  }
  const bodies = names.map((name, owner) => {
    const parts = listOf(2 + random.below(3), (index) =>
      owner === 0 ? `${cfg()} V${index}(${type(owner)})` : `${cfg()} f${index}: ${type(owner)}`,
    )
    const derive = owner > 0 && random.chance(0.2) ? '' : '#[derive(serde::Serialize)] '
    return `${derive}pub ${owner === 0 ? 'enum' : 'struct'} ${name} { ${parts.join(', ')} }`
  })
  return bodies.join('\n')
}

test('no answer about a cfg leads to a question that the first import did not report', () => {
  const random = seededRandom(11)
  let answered = 0
  for (let round = 0; round < 150; round += 1) {
    const rust = randomSource(random)
    const questionsOf = (lines: readonly string[]) => lines.map((line) => line.replace(/^\S+ (.*) \[[^[]*$/, '$1'))
    const first = questionsOf(linesOf(importRust(rust)))
    const assume = Object.fromEntries([0, 1, 2].map((feature) => [`feature:f${feature}`, random.pick(['on', 'off'])]))
    const next = questionsOf(linesOf(importRust(rust, { assume })))
    expect(
      next.filter((line) => !first.includes(line)),
      `${rust}\n${JSON.stringify(assume)}`,
    ).toEqual([])
    answered += next.length
  }
  expect(answered).toBeGreaterThan(100)
})
