import type { Meta } from '../../../rust/ast.ts'

/** Attributes of the language, its tools and serde's helper crates, and macros that do not change types. */
const harmlessAttributes = new RegExp(
  `^(${[
    'doc|allow|warn|expect|deny|forbid|cfg|cfg_attr|derive|repr|non_exhaustive|must_use|deprecated|automatically_derived',
    '(rustfmt|clippy|diagnostic|rustc|rust_analyzer|utoipa|schemars|async_trait|wasm_bindgen|tracing)(::.*)?',
    'serde|strum|strum_discriminants|(serde_with::)?(serde_as|skip_serializing_none)|(cfg_eval::)?cfg_eval',
    '(nutype::)?nutype|(derive_where::)?derive_where|(enum_dispatch::)?enum_dispatch|(pyo3::)?pyclass|(pin_project::)?pin_project',
  ].join('|')})$`,
)

/** Helper attributes of derives, which may also be written before the derive. */
const helperAttributes = new RegExp(
  `^(${[
    'diesel|sqlx|sea_orm|table_name|schema|ts|specta|builder|validate|garde|error|snafu|borsh|rkyv|archive|prost|graphql',
    'derivative|educe|display|from|into|deref|deref_mut|try_into|as_ref|debug|arbitrary|proptest|dummy|reflect|component|openapi',
  ].join('|')})$`,
)

/** Derives without further helper attributes on the type. */
const derivesWithoutHelpers =
  /^(Debug|Clone|Copy|PartialEq|Eq|PartialOrd|Ord|Hash|Default|Action|AsRefStr|IntoStaticStr|Enum(String|Iter|Count|Discriminants)|(Serialize|Deserialize)\w*)$/

/** The attributes that may be macros which change the type: they are not harmless, and no derive can own them. */
export function attributeMacros(attributes: readonly Meta[], derives: readonly string[]): Meta[] {
  const others = derives.some((name) => !derivesWithoutHelpers.test(name))
  const derive = attributes.findIndex(
    ({ path, items }) => path === 'derive' && items.some((item) => /(^|::)(Ser|De)/.test(item.path)),
  )
  const first = derive === -1 ? attributes.findIndex(({ path }) => path === 'derive') : derive
  // The helper attribute of a derive may be its name in snake case: derive_more's Debug has #[debug("…")].
  const own = new Set(derives.map((name) => name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase()))
  return attributes.filter(({ path }, index) => {
    if (harmlessAttributes.test(path) || own.has(path)) return false
    return !others || (index < first && !helperAttributes.test(path))
  })
}
