import { describe, expect, test } from 'vitest'
import { importRust, linesOf, typesOf } from './import-rust.ts'

const use = 'use serde::Serialize;'
const id = (type: string, visibility = 'pub') => `#[derive(serde::Serialize)] ${visibility} struct Id(pub ${type});`
const root = '#[derive(serde::Serialize)] pub enum OrderEvent { A(Id) }'

/** The type inside `Id`, or the questions. */
function typeOfId(source: string, assume: Readonly<Record<string, string>> = {}): unknown {
  const imported = importRust(source, { root: 'OrderEvent', assume })
  return imported.ok ? (typesOf(imported) as { Id: [string] }).Id[0] : linesOf(imported)
}

describe('names that mislead', () => {
  test.each([
    ['pub(super)', 'mod other { pub mod inner { VISIBLE } }', 'other::inner'],
    ['pub(self)', 'mod other { pub mod inner { VISIBLE } }', 'other::inner'],
    ['pub(in crate::other)', 'mod other { pub mod inner { VISIBLE } }', 'other::inner'],
    ['', 'mod other { pub mod inner { VISIBLE } }', 'other::inner'],
  ])('a glob does not import an item with the visibility "%s"', (visibility, modules, path) => {
    const source = `${modules.replace('VISIBLE', id('u8', visibility))} mod far { ${id('u32')} } use far::*; use ${path}::*; ${root}`
    expect(typeOfId(source)).toBe('u32')
  })

  test('a glob of a glob imports only what both modules may name', () => {
    const near = `mod near { mod inner { ${id('u8', 'pub(in crate::near)')} } pub use self::inner::*; }`
    expect(typeOfId(`${near} mod far { ${id('u32')} } use far::*; use near::*; ${root}`)).toBe('u32')
  })

  test('a private item of a module hides what the module imports with a glob', () => {
    const near = `mod near { ${id('u8', '')} pub use crate::hidden::*; } mod hidden { ${id('u16')} }`
    expect(typeOfId(`${near} mod far { ${id('u32')} } use far::*; use near::*; ${root}`)).toBe('u32')
  })

  test('a type may have the name of a primitive or of a type of the prelude', () => {
    const own = '#[allow(non_camel_case_types)] #[derive(serde::Serialize)] pub struct u8(pub String);'
    expect(typeOfId(`${own} ${id('u8')} ${root}`)).toBe('crate::u8')
    expect(typeOfId(`pub type Option<T> = Vec<T>; ${id('Option<u16>')} ${root}`)).toBe('Vec<u16>')
    expect(typeOfId(`${id('std::primitive::u16')} ${root}`)).toBe('u16')
  })

  test('a name that a feature replaces may also be the one of the prelude', () => {
    const source = `#[cfg(feature = "small")] use heapless::String; ${id('String')} ${root}`
    expect((typeOfId(source) as string[])[0]).toBe(
      "src/lib.rs:1 String: cfg decides whether this name refers to heapless::String or std::string::String [--assume 'feature:small=on|off']",
    )
    expect(typeOfId(source, { 'feature:small': 'off' })).toBe('String')
  })

  test('a path of Rust 2015 begins at the root of the crate', () => {
    const files = (edition: string) => ({
      'Cargo.toml': `[package]\nname = "orders"\n${edition}`,
      'src/lib.rs': `mod ids { ${id('u8')} } mod a { mod ids { ${id('u32')} } pub use ids::Id; } use a::Id; ${root}`,
    })
    const typed = (edition: string) =>
      (typesOf(importRust(files(edition), { root: 'OrderEvent' })) as { Id: string[] }).Id
    expect(typed('')).toEqual(['u8'])
    expect(typed('edition = "2021"')).toEqual(['u32'])
  })

  test('a macro call refers to the last definition before it', () => {
    const macro = (type: string) =>
      `macro_rules! make { ($n:ident) => { #[derive(serde::Serialize)] pub struct $n(${type}); } }`
    expect(typeOfId(`${macro('u16')} make!(Id); ${macro('u64')} make!(Other); ${root}`)).toBe('u16')
    expect(typeOfId(`#[macro_use] mod macros { ${macro('u16')} } make!(Id); ${root}`)).toBe('u16')
  })

  test('a name from a glob may also come from a macro that cannot be expanded', () => {
    expect(typeOfId(`mod a { ${id('u8')} } use a::*; ids::make!(Id); ${root}`)).toEqual([
      'src/lib.rs:1 Id: this name may refer to src/lib.rs:1 or what ids::make! (src/lib.rs:1) defines [--map Id=…]',
    ])
  })

  test('names that paste! joins are compared with those of globs', () => {
    const source = (name: string) =>
      `mod a { ${id('u8')} } use a::*; paste::paste! { ${id('u32').replace('Id', name)} } ${root}`
    expect(typeOfId(source('[<I "d">]'))).toBe('u32')
    expect(typeOfId(source('[<ID:lower>]'))).toBe('u8')
    expect(typeOfId(source('[<i_d:camel>]'))).toBe('u8')
    expect(typeOfId(source('[<_id:camel>]'))).toBe('u32')
    expect(typeOfId(source('[<I env!("D")>]'))).toEqual([
      'src/lib.rs:1 Id: this name may refer to src/lib.rs:1 or what paste::paste! (src/lib.rs:1) defines [--map Id=…]',
    ])
  })

  test.each(['include!(concat!(env!("OUT_DIR"), "/ids.rs"));', 'tonic::include_proto!("ids");'])(
    'a name from a glob may also come from generated code: %s',
    (include) => {
      expect(typeOfId(`mod a { ${id('u8')} } use a::*; ${include} ${root}`)).toEqual([
        expect.stringMatching(/Id: this name may refer to src\/lib.rs:1 or what [\w:]+! \(src\/lib.rs:1\) defines/),
      ])
    },
  )

  test('a macro may replace a module, or be an attribute after unknown derives', () => {
    expect(typeOfId(`#[ids::hashed] mod a { ${id('u8')} } use a::*; ${root}`)).toEqual([
      'src/lib.rs:1 Id: #[ids::hashed] may be a macro that changes the type, which crbus cannot expand [--assume ids::hashed=unchanged]',
    ])
    const source = `use ids::hashed; #[derive(serde::Serialize, Other)] #[hashed] pub struct Id(pub u8); ${root}`
    expect(typeOfId(source)).toEqual([
      'src/lib.rs:1 Id: #[hashed] may be a macro that changes the type, which crbus cannot expand [--assume hashed=unchanged]',
    ])
    expect(typeOfId(`#![feature(x)] #[rustfmt::skip] mod a { ${id('u8')} } use a::*; ${root}`)).toBe('u8')
  })

  test('a rule of a macro applies only if its fragments fit', () => {
    const rules = `($n:ident, $t:ty) => { #[derive(serde::Serialize)] pub struct $n($t); };
      ($n:ident, $l:literal) => { #[derive(serde::Serialize)] pub struct $n([u8; $l]); };`
    expect(typeOfId(`macro_rules! make { ${rules} } make!(Id, 4); ${root}`)).toBe('[u8; 4]')
    expect(typeOfId(`macro_rules! make { ${rules} } make!(Id, [u8; 3]); ${root}`)).toBe('[u8; 3]')
    const items = 'macro_rules! keep { ($($i:item)*) => { $($i)* } }'
    expect(typeOfId(`${items} keep! { ${id('u16')} struct Other; } ${root}`)).toBe('u16')
    const fields =
      'macro_rules! make { ($n:ident ( $v:vis $t:ty )) => { #[derive(serde::Serialize)] pub struct $n($v $t); } }'
    expect(typeOfId(`${fields} make!(Id(pub (u8, u16))); ${root}`)).toBe('(u8, u16)')
  })

  test('a syntax error stays in its declaration', () => {
    const broken = 'pub struct Broken { it: @@ }'
    const source = `mod far { ${id('u32')} }\nuse far::*;\nmod a { ${broken} ${id('u8')} }\n${root}`
    expect(typeOfId(source)).toBe('u32')
    expect(typeOfId(`${broken.replace('Broken', 'Id')}\nmod far { ${id('u32')} }\nuse far::*;\n${root}`)).toEqual([
      'src/lib.rs:1 Id: crbus cannot parse this Rust code [--map crate::Id=…]',
    ])
  })

  test('an attribute at the start of a file may exclude the file', () => {
    const files = (feature: string) => ({
      'Cargo.toml': '[package]\nname = "orders"\nedition = "2021"',
      'src/lib.rs': `mod a; mod b; pub use a::*; pub use b::*; ${root}`,
      'src/a.rs': `#![cfg(${feature})]\n${id('u8')}`,
      'src/b.rs': `#![cfg(not(${feature}))]\n${id('u32')}`,
    })
    const imported = importRust(files('feature = "x"'), { root: 'OrderEvent' })
    expect(linesOf(imported).join()).toContain("[--assume 'feature:x=on|off']")
  })

  test('a feature of another crate is another feature', () => {
    const files = {
      'Cargo.toml': '[package]\nname = "orders"\nedition = "2021"\n[dependencies]\nshared = { path = "shared" }',
      'src/lib.rs': '#[derive(serde::Serialize)] pub enum OrderEvent { #[cfg(feature = "v2")] B, A(shared::Id) }',
      'shared/Cargo.toml': '[package]\nname = "shared"\nedition = "2021"',
      'shared/src/lib.rs':
        '#[derive(serde::Serialize)] pub struct Id { #[cfg(feature = "v2")] pub it: u8, pub other: u16 }',
    }
    expect(linesOf(importRust(files, { root: 'OrderEvent' })).map((line) => /assume '([^=]*)/.exec(line)?.[1])).toEqual(
      [...['feature:shared/v2', 'feature:v2']],
    )
    const enabled = {
      ...files,
      'Cargo.toml': files['Cargo.toml'].replace('"shared" }', '"shared", features = ["v2"] }'),
    }
    const imported = importRust(enabled, { root: 'OrderEvent', assume: { 'feature:v2': 'off' } })
    expect(typesOf(imported)).toEqual({ OrderEvent: [{ A: ['Id'] }], Id: { it: 'u8', other: 'u16' } })
  })

  test('a derive of another crate may be named like that of serde', () => {
    const source = `use wire::Serialize; ${use.replace('use serde', '// use serde')}\n#[derive(Serialize)] pub struct Id(u8);\n${root}`
    expect(typeOfId(source)).toEqual([
      'src/lib.rs:2 Id: this type does not derive Serialize [--map crate::Id=…, or --assume crate::Id=derived]',
    ])
  })
})
