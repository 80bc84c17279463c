import type { Random } from '../../unit/schema/support/random.ts'

/** A small crate whose names, macros, features and attributes are chosen to mislead an import. `CRATE` stands for its root. */
export interface HostileCrate {
  readonly source: string
  /** What the crate tries, for the report of a failure. */
  readonly kinds: readonly string[]
}

const names = ['Id', 'Kind', 'Amount', 'Code']
const numbers = ['u8', 'u16', 'u32', 'u64', 'i16', 'i64']
export const features = ['alpha', 'beta', 'gamma']
const moduleNames = ['a', 'b', 'c', 'd']

/** Writes a crate with a root enum `Root`. Not every crate compiles: rustc is asked which ones do. */
export function hostileCrate(random: Random): HostileCrate {
  return new CrateWriter(random).crate()
}

class CrateWriter {
  readonly #random: Random
  readonly #kinds = new Set<string>()
  /** The names that each module defines, by its path, with whether other modules can use them. */
  readonly #defined = new Map<string, Map<string, boolean>>()
  #serial = 0

  constructor(random: Random) {
    this.#random = random
  }

  crate(): HostileCrate {
    const { chance, below } = this.#random
    const modules = moduleNames.slice(0, 2 + below(3))
    const nested = chance(0.4) && modules.length > 2 ? modules.pop() : undefined
    const paths = modules.map((name) => [name])
    if (nested !== undefined) paths.push([modules[0] as string, nested])
    // Items come before imports, which then import names that exist.
    const items = new Map(paths.map((path) => [path.join('::'), this.#items(1 + below(2), path)]))
    const own = chance(0.3) ? this.#items(1, []) : ''
    const blocks = modules.map((name, index) => {
      const inner = nested !== undefined && index === 0 ? this.#module(nested, [name, nested], modules, items) : ''
      return this.#module(name, [name], modules, items, inner)
    })
    const uses = this.#usesOf([], modules, nested === undefined ? [] : [[modules[0] as string, nested]])
    const parts = [...blocks, own, uses]
    if (chance(0.5)) parts.reverse()
    const variants = Array.from({ length: 1 + below(3) }, (_, index) => this.#variant(`V${index}`, modules))
    const root = this.#enum('Root', 'pub', variants)
    return {
      source: `use crate::Make as _;\nuse serde::{Deserialize, Serialize};\n${parts.join('\n')}\n${root}`,
      kinds: [...this.#kinds],
    }
  }

  #module(
    name: string,
    path: readonly string[],
    others: readonly string[],
    allItems: ReadonlyMap<string, string>,
    inner = '',
  ): string {
    const { chance } = this.#random
    const cfg = chance(0.08) ? `${this.#cfg()} ` : ''
    const uses = chance(0.5) ? this.#usesOf(path, others, []) : ''
    const items = allItems.get(path.join('::')) ?? ''
    const innerUse =
      inner !== '' && chance(0.6)
        ? `${this.#visibility(path)}use self::${path.length > 0 ? moduleIn(inner) : ''}::*;`
        : ''
    return `${cfg}pub mod ${name} {\nuse serde::{Deserialize, Serialize};\n${uses}\n${items}\n${inner}\n${innerUse}\n}`
  }

  #usesOf(path: readonly string[], others: readonly string[], deeper: readonly (readonly string[])[]): string {
    const { chance, pick, below } = this.#random
    const targets = [...others.filter((name) => !path.includes(name)).map((name) => [name]), ...deeper]
    if (path.length > 0 && chance(0.3)) targets.push([])
    const taken = new Set(this.#defined.get(path.join('::'))?.keys())
    const lines = Array.from({ length: 1 + below(path.length === 0 ? 3 : 2) }, () => {
      const target = pick(targets) ?? []
      const prefix = ['CRATE', ...target].join('::')
      const cfg = chance(0.2) ? `${this.#cfg()} ` : ''
      const visibility = chance(0.5) ? '' : this.#visibility(path)
      const usable = [...(this.#defined.get(target.join('::')) ?? [])].filter(([, isUsable]) => isUsable)
      const [imported] = usable.length > 0 && chance(0.4) ? pick(usable) : []
      const as = chance(0.5) ? imported : pick(names)
      const isFree = imported !== undefined && as !== undefined && !taken.has(as)
      if (isFree) taken.add(as)
      const what = isFree ? (as === imported ? imported : `${imported} as ${as}`) : '*'
      this.#kinds.add(what === '*' ? 'glob' : what.includes(' as ') ? 'renamed' : 'use')
      return `${cfg}${visibility}use ${prefix}::${what};`
    })
    if (chance(0.08)) lines.push('use std::time::*;', 'use chrono::prelude::*;')
    return lines.join('\n')
  }

  #visibility(path: readonly string[]): string {
    const { pick, chance } = this.#random
    if (chance(0.55)) return 'pub '
    const found = pick([
      '',
      'pub(crate) ',
      ...(path.length > 0 ? ['pub(super) ', 'pub(self) '] : []),
      ...(path.length > 1 ? [`pub(in CRATE::${path[0]}) `] : []),
    ])
    if (found !== '') this.#kinds.add(found.trim())
    return found
  }

  #cfg(): string {
    const { pick, chance } = this.#random
    this.#kinds.add('cfg')
    const one = `feature = "${pick(features)}"`
    if (chance(0.3)) return `#[cfg(not(${one}))]`
    if (chance(0.2)) return `#[cfg(any(${one}, all(test, unix)))]`
    return `#[cfg(${one})]`
  }

  #items(count: number, path: readonly string[]): string {
    const { pick } = this.#random
    const chosen = new Set<string>()
    while (chosen.size < count) chosen.add(pick(names))
    const defined = new Map<string, boolean>()
    this.#defined.set(path.join('::'), defined)
    return [...chosen]
      .map((name) => {
        const visibility = this.#visibility(path)
        defined.set(name, visibility === 'pub ' || visibility === 'pub(crate) ')
        return this.#item(name, visibility)
      })
      .join('\n')
  }

  /** A type that refers to nothing but types of the standard library. */
  #item(name: string, visibility: string): string {
    const { pick, below, chance } = this.#random
    const kind = below(30)
    const number = pick(numbers)
    switch (kind) {
      case 0:
      case 1:
        return this.#tuple(name, visibility, [`pub ${number}`])
      case 2:
        this.#kinds.add('pub of tuple')
        return this.#tuple(name, visibility, [`pub (u8, ${number})`, `${chance(0.5) ? 'pub ' : ''}[u8; 2]`])
      case 3:
        return `#[derive(Serialize)] ${visibility}struct ${name} { pub it: ${number}, pub(crate) text: String }\n${make(name, ['it: crate::Make::make(r)', 'text: crate::Make::make(r)'])}`
      case 4:
        return this.#enum(name, visibility.trim(), [
          this.#plainVariant('A'),
          this.#plainVariant('B'),
          this.#plainVariant('C'),
        ])
      case 5:
        this.#kinds.add('alias')
        return `${visibility}type ${name} = ${pick([number, 'Option<u16>', 'Vec<u8>', '(u8, String)'])};`
      case 6:
        return this.#cfgPair(name, visibility)
      case 7:
        return this.#constArray(name, visibility)
      case 8:
        return this.#macroOrder(name, visibility)
      case 9:
        return this.#byHand(name, visibility)
      case 10:
        return this.#serializeRepr(name, visibility)
      case 11:
        return this.#serdeAs(name, visibility)
      case 12:
        return this.#cfgAttr(name, visibility)
      case 13: {
        this.#kinds.add('generic')
        return `#[derive(Serialize)] ${visibility}struct ${name}<T = ${number}> { pub it: T }\nimpl<T: crate::Make> crate::Make for ${name}<T> { fn make(r: &mut crate::Random) -> Self { ${name} { it: crate::Make::make(r) } } }`
      }
      case 14:
        this.#kinds.add('shadowed primitive')
        return `#[allow(non_camel_case_types)] pub(crate) type ${pick(['u16', 'u32', 'bool'])} = ${pick(['u64', 'i8'])};\n${this.#tuple(name, visibility, [`pub ${pick(['u16', 'u32', 'bool'])}`])}`
      case 15:
        return this.#cfgIf(name, visibility)
      case 16:
        return this.#associatedConst(name, visibility)
      case 17:
        return this.#macroItems(name, visibility)
      case 18:
        return this.#associated(name, visibility)
      case 19:
        return this.#constGeneric(name, visibility)
      case 20:
        return this.#genericAlias(name, visibility)
      case 21:
        return this.#macroModule(name, visibility)
      case 22:
        return this.#macroByPath(name, visibility)
      case 23:
        return this.#comments(name, visibility)
      case 24:
        return this.#into(name, visibility)
      case 25:
        return this.#shadowedParameter(name, visibility)
      case 26:
        return this.#macroRepetition(name, visibility)
      case 27:
        return this.#ownModule(name, visibility)
      default:
        this.#kinds.add('transparent')
        return `#[derive(Serialize)] #[serde(transparent)] ${visibility}struct ${name} { it: ${number} }\n${make(name, ['it: crate::Make::make(r)'])}`
    }
  }

  #tuple(name: string, visibility: string, fields: readonly string[]): string {
    const made = fields.map(() => 'crate::Make::make(r)').join(', ')
    return `#[derive(Serialize)] ${visibility}struct ${name}(${fields.join(', ')});\nimpl crate::Make for ${name} { fn make(r: &mut crate::Random) -> Self { ${name}(${made}) } }`
  }

  #cfgPair(name: string, visibility: string): string {
    const { pick } = this.#random
    this.#kinds.add('cfg pair')
    const feature = pick(features)
    const part = (cfg: string, field: string) =>
      `#[cfg(${cfg})] #[derive(Serialize)] ${visibility}struct ${name}(${field});\n#[cfg(${cfg})] impl crate::Make for ${name} { fn make(r: &mut crate::Random) -> Self { ${name}(crate::Make::make(r)) } }`
    return `${part(`feature = "${feature}"`, pick(numbers))}\n${part(`not(feature = "${feature}")`, 'String')}`
  }

  #constArray(name: string, visibility: string): string {
    const { pick, chance } = this.#random
    this.#kinds.add('const')
    const constant = `N${this.#serial++}`
    const value = pick([
      '(260u16 as u8) as usize',
      '1 << 2',
      '0x3_usize',
      '!250u8 as usize',
      '-253i16 as u8 as usize',
      'u8::BITS as usize - 5',
      '7 % 4',
      "b'a' as usize - 94",
    ])
    const declared = chance(0.4)
      ? `#[cfg(feature = "alpha")] const ${constant}: usize = 5;\n#[cfg(not(feature = "alpha"))] const ${constant}: usize = ${value};`
      : `const ${constant}: usize = ${value};`
    return `${declared}\n${this.#tuple(name, visibility, [`[u8; ${constant}]`])}`
  }

  #associatedConst(name: string, visibility: string): string {
    const { pick, chance } = this.#random
    this.#kinds.add('associated const')
    const holder = `Holder${this.#serial++}`
    const feature = pick(features)
    const inner = chance(0.5)
      ? `#[cfg(feature = "${feature}")] const LEN: usize = 2; #[cfg(not(feature = "${feature}"))] const LEN: usize = 3;`
      : `const LEN: usize = ${pick(['3', '(258u16 as u8) as usize'])};`
    const trait = chance(0.3)
      ? `trait Sized${holder} { const LEN: usize; } impl Sized${holder} for ${holder} { const LEN: usize = 6; }`
      : ''
    return `struct ${holder}; impl ${holder} { ${inner} } ${trait}\n${this.#tuple(name, visibility, [`[u16; ${holder}::LEN]`])}`
  }

  #macroOrder(name: string, visibility: string): string {
    const { pick } = this.#random
    this.#kinds.add('macro order')
    const macro = `make${this.#serial++}`
    const [first, second] = [pick(numbers), pick(numbers)]
    const definition = (type: string) =>
      `macro_rules! ${macro} { ($v:vis $n:ident) => { #[derive(Serialize)] $v struct $n(${type}); impl crate::Make for $n { fn make(r: &mut crate::Random) -> Self { $n(crate::Make::make(r)) } } } }`
    return `${definition(first)}\n${macro}!(${visibility}${name});\n${definition(second)}\n${macro}!(pub Other${macro});`
  }

  #macroItems(name: string, visibility: string): string {
    const { pick } = this.#random
    this.#kinds.add('macro rules')
    const macro = `rule${this.#serial++}`
    const made = 'impl crate::Make for $n { fn make(r: &mut crate::Random) -> Self { $n(crate::Make::make(r)) } }'
    const rules = [
      `($v:vis $n:ident = $t:ty) => { #[derive(Serialize)] $v struct $n($t); ${made} };`,
      `($v:vis $n:ident : $l:literal) => { #[derive(Serialize)] $v struct $n([u8; $l]); ${made} };`,
      `($(#[$m:meta])* $v:vis struct $n:ident ( $($f:ty),* $(,)? ) ;) => { $(#[$m])* $v struct $n($($f),*); };`,
    ]
    if (this.#random.chance(0.5)) rules.reverse()
    const call = pick([
      `${macro}!(${visibility}${name} = ${pick([...numbers, 'Option<Vec<u8>>', '(u8, u16)', '[u8; 3]'])});`,
      `${macro}!(${visibility}${name} : ${pick(['3', '0x4'])});`,
    ])
    return `macro_rules! ${macro} { ${rules.join('\n')} }\n${call}`
  }

  #byHand(name: string, visibility: string): string {
    const { below } = this.#random
    this.#kinds.add('Serialize by hand')
    const impl = (self: string, trait = 'serde::Serialize') =>
      `impl ${trait} for ${self} { fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_str(&self.0.to_string()) } }`
    const derived = `#[derive(Deserialize)] ${visibility}struct ${name}(u16);\nimpl crate::Make for ${name} { fn make(r: &mut crate::Random) -> Self { ${name}(crate::Make::make(r)) } }`
    const serial = this.#serial++
    const forms = [
      impl(name),
      `type Alias${serial} = ${name};\n${impl(`Alias${serial}`)}`,
      `const _: () = { ${impl(name)} };`,
      `fn hidden${serial}() { ${impl(name)} }`,
      `use serde::Serialize as Ser${serial};\n${impl(name, `Ser${serial}`)}`,
      `macro_rules! text${serial} { ($n:ident) => { ${impl('$n')} } }\ntext${serial}!(${name});`,
      `struct Holder${serial}; impl Holder${serial} { fn f() { type Inner = ${name}; if true { ${impl('Inner')} } } }`,
    ]
    return `${derived}\n${forms[below(forms.length)]}`
  }

  #serializeRepr(name: string, visibility: string): string {
    const { chance, pick } = this.#random
    this.#kinds.add('repr')
    const made = `impl crate::Make for ${name} { fn make(r: &mut crate::Random) -> Self { if bool::make(r) { ${name}::A } else { ${name}::B } } }`
    const body = `#[repr(${pick(['u8', 'i32'])})] ${visibility}enum ${name} { A = 3, B = 7 }\nuse crate::Make as _;\n${made}`
    const feature = pick(features)
    if (chance(0.5)) return `#[derive(serde_repr::Serialize_repr)] ${body}`
    this.#kinds.add('cfg_attr repr')
    return `#[cfg_attr(feature = "${feature}", derive(serde_repr::Serialize_repr))] #[cfg_attr(not(feature = "${feature}"), derive(Serialize))] ${body}`
  }

  #serdeAs(name: string, visibility: string): string {
    const { below, pick } = this.#random
    this.#kinds.add('serde_as')
    const made = make(name, ['it: crate::Make::make(r)'])
    const own = `Hex${this.#serial++}`
    const forms = [
      `#[serde_with::serde_as] #[derive(Serialize)] ${visibility}struct ${name} { #[serde_as(as = "serde_with::DisplayFromStr")] it: u32 }`,
      `use serde_with::DisplayFromStr as ${own};\n#[serde_with::serde_as] #[derive(Serialize)] ${visibility}struct ${name} { #[serde_as(as = "Option<${own}>")] it: Option<u32> }`,
      `mod m${own} { pub struct ${pick(['Hex', 'Same', 'Bytes', 'DisplayFromStr'])}; }\nuse m${own}::*;\n${['Hex', 'Same', 'Bytes', 'DisplayFromStr'].map((it) => `#[allow(unused)] type Unused${it}${own} = u8;`).join('')}\n#[serde_with::serde_as] #[derive(Serialize)] ${visibility}struct ${name} { #[serde_as(as = "serde_with::Same")] it: u16 }`,
      this.#ownConversion(name, visibility, pick(['Hex', 'Same', 'DisplayFromStr'])),
      `#[cfg_eval::cfg_eval] #[serde_with::serde_as] #[derive(Serialize)] ${visibility}struct ${name} { #[cfg_attr(feature = "${pick(features)}", serde_as(as = "serde_with::DisplayFromStr"))] it: u32 }`,
    ]
    return `${forms[below(forms.length)]}\n${made}`
  }

  #ownConversion(name: string, visibility: string, conversion: string): string {
    this.#kinds.add('own conversion')
    return `struct ${conversion};\nimpl serde_with::SerializeAs<u64> for ${conversion} { fn serialize_as<S: serde::Serializer>(it: &u64, s: S) -> Result<S::Ok, S::Error> { s.serialize_u8(*it as u8) } }\n#[serde_with::serde_as] #[derive(Serialize)] ${visibility}struct ${name} { #[serde_as(as = "${conversion}")] it: u64 }`
  }

  #cfgAttr(name: string, visibility: string): string {
    const { pick, below } = this.#random
    this.#kinds.add('cfg_attr')
    const feature = pick(features)
    const made = make(name, ['it: crate::Make::make(r)', 'other: crate::Make::make(r)'])
    const forms = [
      `#[derive(Serialize)] ${visibility}struct ${name} { #[cfg_attr(feature = "${feature}", serde(skip))] it: u16, other: u8 }`,
      `#[derive(Serialize)] ${visibility}struct ${name} { #[cfg_attr(feature = "${feature}", serde(rename = "other_name"))] it: u16, other: u8 }`,
      `#[cfg_attr(feature = "${feature}", derive(Serialize))] #[cfg_attr(not(feature = "${feature}"), derive(Serialize))] ${visibility}struct ${name} { it: u16, other: u8 }`,
      `#[cfg_attr(not(feature = "${feature}"), derive(Serialize))] ${visibility}struct ${name} { it: u16, other: u8 }\n#[cfg(feature = "${feature}")] impl serde::Serialize for ${name} { fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_u64(u64::from(self.it)) } }`,
    ]
    return `${forms[below(forms.length)]}\n${made}`
  }

  #associated(name: string, visibility: string): string {
    const { pick, chance } = this.#random
    this.#kinds.add('associated type')
    const trait = `Has${this.#serial++}`
    const feature = pick(features)
    const [one, two] = [pick(numbers), pick(numbers)]
    const types = chance(0.5)
      ? `#[cfg(feature = "${feature}")] type Out = ${one}; #[cfg(not(feature = "${feature}"))] type Out = ${two};`
      : `type Out = ${one};`
    const other = `trait Other${trait} { type Out; } impl Other${trait} for Owner${trait} { type Out = String; }`
    return `pub trait ${trait} { type Out; } pub struct Owner${trait}; impl ${trait} for Owner${trait} { ${types} } ${chance(0.5) ? other : ''}
${this.#tuple(name, visibility, [`<Owner${trait} as ${trait}>::Out`])}`
  }

  #constGeneric(name: string, visibility: string): string {
    const { pick } = this.#random
    this.#kinds.add('const generic')
    const inner = `Buf${this.#serial++}`
    const argument = pick(['3', '{ 1 + 1 }', '{ 0x2 }', '{ (257u16 as u8) as usize }'])
    return `#[derive(Serialize)] pub struct ${inner}<T, const N: usize> where [T; N]: Serialize { it: [T; N] }
impl<T: crate::Make, const N: usize> crate::Make for ${inner}<T, N> where [T; N]: Serialize { fn make(r: &mut crate::Random) -> Self { ${inner} { it: crate::Make::make(r) } } }
${this.#tuple(name, visibility, [`${inner}<${pick(numbers)}, ${argument}>`])}`
  }

  #genericAlias(name: string, visibility: string): string {
    const { pick } = this.#random
    this.#kinds.add('generic alias')
    const alias = `Pair${this.#serial++}`
    return `pub type ${alias}<B, A = u8> = (A, Option<B>);\n${this.#tuple(name, visibility, [pick([`${alias}<u16>`, `${alias}<String, i64>`])])}`
  }

  #macroModule(name: string, visibility: string): string {
    const { pick, chance } = this.#random
    this.#kinds.add('macro of a module')
    const macro = `inside${this.#serial++}`
    const [one, two] = [pick(numbers), pick(numbers)]
    const definition = (type: string) =>
      `macro_rules! ${macro} { ($v:vis $n:ident) => { #[derive(serde::Serialize)] $v struct $n(${type}); impl crate::Make for $n { fn make(r: &mut crate::Random) -> Self { $n(crate::Make::make(r)) } } } }`
    // Without macro_use, the definition inside the module is not visible outside.
    const attribute = chance(0.5) ? '#[macro_use] ' : ''
    return `${definition(one)}\n${attribute}mod holds${macro} { ${definition(two)} }\n${macro}!(${visibility}${name});`
  }

  #macroByPath(name: string, visibility: string): string {
    const { pick } = this.#random
    this.#kinds.add('macro by path')
    const macro = `path${this.#serial++}`
    const definition = `macro_rules! ${macro} { ($v:vis $n:ident) => { #[derive(serde::Serialize)] $v struct $n(${pick(numbers)}); impl crate::Make for $n { fn make(r: &mut crate::Random) -> Self { $n(crate::Make::make(r)) } } } }`
    return `mod far${macro} { ${definition} pub(crate) use ${macro}; }\nuse far${macro}::${macro} as again${macro};\nagain${macro}!(${visibility}${name});`
  }

  #comments(name: string, visibility: string): string {
    const { pick } = this.#random
    this.#kinds.add('comments')
    const other = `#[derive(Serialize)] pub struct ${name}(u8);`
    const hidden = pick([
      `/* /* */ ${other} */`,
      `const TEXT${this.#serial++}: &str = r##"${other} "# }"##;`,
      `#[doc = "} ${name} {"] pub struct Doc${this.#serial++};`,
      `fn f${this.#serial++}<'a>(it: &'a str) -> char { let _ = "{"; match it { "}" => '}', _ => '{' } }`,
      `// ${other} }`,
    ])
    return `${hidden}\n${this.#tuple(name, visibility, [pick(['u32', 'String'])])}`
  }

  #into(name: string, visibility: string): string {
    const { pick } = this.#random
    this.#kinds.add('into')
    const [inner, type] = [`Raw${this.#serial++}`, pick(['u64', 'u32', 'i64'])]
    return `#[derive(Serialize)] pub struct ${inner}(${type});
#[derive(Clone, Serialize)] #[serde(into = "${inner}")] ${visibility}struct ${name}(u8);
impl From<${name}> for ${inner} { fn from(it: ${name}) -> Self { ${inner}(it.0 as ${type}) } }
impl crate::Make for ${name} { fn make(r: &mut crate::Random) -> Self { ${name}(crate::Make::make(r)) } }`
  }

  #shadowedParameter(name: string, visibility: string): string {
    const { pick } = this.#random
    this.#kinds.add('shadowed parameter')
    const [inner, parameter] = [`Of${this.#serial++}`, pick(['String', 'Kind', 'T'])]
    return `#[derive(Serialize)] pub struct ${inner}<${parameter}>(Option<${parameter}>);
impl<T: crate::Make> crate::Make for ${inner}<T> { fn make(r: &mut crate::Random) -> Self { ${inner}(crate::Make::make(r)) } }
${this.#tuple(name, visibility, [`${inner}<${pick(numbers)}>`])}`
  }

  #macroRepetition(name: string, visibility: string): string {
    const { pick } = this.#random
    this.#kinds.add('macro repetition')
    const macro = `many${this.#serial++}`
    return `macro_rules! ${macro} { ($($(#[$m:meta])* $v:vis struct $n:ident { $($f:ident : $t:ty),* $(,)? })*) => { $( $(#[$m])* $v struct $n { $($f: $t),* }
impl crate::Make for $n { fn make(r: &mut crate::Random) -> Self { $n { $($f: crate::Make::make(r)),* } } } )* } }
${macro}! { #[derive(Serialize)] pub struct First${macro} { it: u8 } #[derive(Serialize)] ${visibility}struct ${name} { a: ${pick(numbers)}, b: ${pick(['Option<u8>', 'Vec<(u8, u16)>', '[u8; 2]'])} } }`
  }

  /** A module whose name is that of a library. */
  #ownModule(name: string, visibility: string): string {
    const { pick } = this.#random
    this.#kinds.add('own module')
    const library = pick(['chrono', 'std', 'bincode'])
    const inner = `#[derive(serde::Serialize)] pub struct NaiveDate(pub u8); impl crate::Make for NaiveDate { fn make(r: &mut crate::Random) -> Self { NaiveDate(crate::Make::make(r)) } }`
    return `pub mod ${library} { ${inner} }\n${this.#tuple(name, visibility, [`self::${library}::NaiveDate`])}`
  }

  #cfgIf(name: string, visibility: string): string {
    const { pick } = this.#random
    this.#kinds.add('cfg_if')
    const part = (type: string) => this.#tuple(name, visibility, [type])
    return `cfg_if::cfg_if! { if #[cfg(feature = "${pick(features)}")] { ${part(pick(numbers))} } else if #[cfg(feature = "${pick(features)}")] { ${part('String')} } else { ${part(pick(numbers))} } }`
  }

  #enum(name: string, visibility: string, variants: readonly Variant[]): string {
    const declared = variants.map(
      ({ attributes, name: variant, fields }) => `${attributes}${variant}${fields === undefined ? '' : `(${fields})`}`,
    )
    const pushed = variants.map(
      ({ attributes, name: variant, fields }) =>
        `${attributes}all.push(${name}::${variant}${fields === undefined ? '' : '(crate::Make::make(r))'});`,
    )
    return `#[derive(Serialize)] ${visibility} enum ${name} { ${declared.join(', ')} }\nimpl crate::Make for ${name} { fn make(r: &mut crate::Random) -> Self { let mut all: Vec<${name}> = std::vec::Vec::new(); ${pushed.join(' ')} let at = (r.next() % all.len() as u64) as usize; all.swap_remove(at) } }`
  }

  #plainVariant(name: string): Variant {
    const { chance, pick } = this.#random
    const attributes = name === 'B' && chance(0.4) ? `${this.#cfg()} ` : ''
    return { name, attributes, fields: chance(0.4) ? pick([...numbers, 'String', 'Option<u8>']) : undefined }
  }

  #variant(name: string, modules: readonly string[]): Variant {
    const { chance } = this.#random
    const attributes = chance(0.08) && name !== 'V0' ? `${this.#cfg()} ` : ''
    return { name, attributes, fields: this.#use(modules) }
  }

  /** A type that names one of the crate's types. */
  #use(modules: readonly string[]): string {
    const { chance, pick } = this.#random
    const defined = [...this.#defined].flatMap(([path, all]) =>
      [...all].map(([name, isUsable]) => ({ path, name, isUsable })),
    )
    const { path: home, name, isUsable } = pick(defined)
    if (chance(0.3) && isUsable) return home === '' ? `self::${name}` : `CRATE::${home}::${name}`
    const path = pick([
      name,
      name,
      name,
      `CRATE::${pick(modules)}::${name}`,
      `self::${name}`,
      `${pick(modules)}::${name}`,
    ])
    if (chance(0.04)) return 'Duration'
    if (chance(0.06)) return pick([...numbers, 'bool', 'String'])
    return chance(0.7)
      ? path
      : pick([`Option<${path}>`, `Vec<${path}>`, `Box<${path}>`, `[${path}; 2]`, `(${path}, u8)`])
  }
}

interface Variant {
  readonly name: string
  readonly attributes: string
  readonly fields: string | undefined
}

const moduleIn = (block: string): string => /pub mod (\w+)/.exec(block)?.[1] ?? ''

const make = (name: string, fields: readonly string[]): string =>
  `impl crate::Make for ${name} { fn make(r: &mut crate::Random) -> Self { ${name} { ${fields.join(', ')} } } }`
