import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { NamedType } from '../../../../src/schema/model.ts'
import { seededRandom } from '../support/random.ts'
import { randomTypes } from '../support/random-types.ts'
import { importRust } from './import-rust.ts'

const vectors = (file: string) => readFileSync(new URL(`../../../vectors/types/${file}`, import.meta.url), 'utf8')

/** A type without its location, which random types do not have. */
const withoutLocation = ({ at: _, ...type }: NamedType) => type

// Imports hundreds of types.
test.each([1, 2, 3])('imports the source of random types as the same types (seed %i)', { timeout: 60_000 }, (seed) => {
  const { schema, roots, source } = randomTypes(seededRandom(seed), 220)
  const variants = roots.map(({ rust }, index) => `V${index}(${rust})`)
  const imported = importRust(
    {
      'Cargo.toml': vectors('Cargo.toml'),
      'src/main.rs': vectors('src/main.rs'),
      'src/made.rs': vectors('src/made.rs'),
      'src/types.rs': `use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use std::collections::*;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;
${source}
#[derive(Serialize)]
pub enum RandomEvent { ${variants.join(', ')} }`,
    },
    { root: 'RandomEvent' },
  )
  if (!imported.ok) expect.fail(JSON.stringify(imported.problems.slice(0, 5), null, 1))
  const { types } = imported.schema
  const differing = roots.filter(({ name }) => {
    const [ours, made] = [types.get(name), schema.types.get(name)]
    return !ours || !made || JSON.stringify(withoutLocation(ours)) !== JSON.stringify(withoutLocation(made))
  })
  expect(differing.map(({ name }) => [types.get(name), schema.types.get(name)]).slice(0, 2)).toEqual([])
})
