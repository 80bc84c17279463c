import type { Meta } from '../../../rust/ast.ts'

/** Attributes of Rust, of its tools and of serde's helper crates, and macros that do not change the serialized form of a type. */
const unchangingAttributes = new RegExp(
  `^(${[
    'doc|allow|warn|expect|deny|forbid|cfg|cfg_attr|derive|repr|non_exhaustive|must_use|deprecated|automatically_derived',
    '(rustfmt|clippy|diagnostic|rustc|rust_analyzer|utoipa|schemars|async_trait|wasm_bindgen|tracing)(::.*)?',
    'serde|strum|strum_discriminants|(serde_with::)?(serde_as|skip_serializing_none)|(cfg_eval::)?cfg_eval',
    '(nutype::)?nutype|(derive_where::)?derive_where|(enum_dispatch::)?enum_dispatch|(pyo3::)?pyclass|(pin_project::)?pin_project',
  ].join('|')})$`,
)

/** Attributes of modules that do not change their content. */
const attributesOfModules = /^(path|macro_use|no_implicit_prelude|inline|feature|recursion_limit|cfg_attr|cfg)$/

/** Returns the attributes of a module that may be macros, which may change its types. */
export const moduleMacros = (attributes: readonly Meta[]): Meta[] =>
  attributes.filter(({ path }) => !unchangingAttributes.test(path) && !attributesOfModules.test(path))

/** Helper attributes of common derives. Unlike unknown attributes, they may be written before the derive. */
const helperAttributes = new RegExp(
  `^(${[
    'diesel|sqlx|sea_orm|table_name|schema|ts|specta|builder|validate|garde|error|snafu|borsh|rkyv|archive|prost|graphql',
    'derivative|educe|display|from|into|deref|deref_mut|try_into|as_ref|debug|arbitrary|proptest|dummy|reflect|component|openapi',
  ].join('|')})$`,
)

/** Derives that have no helper attributes beyond those of the lists above. */
const derivesWithoutHelpers =
  /^(Debug|Clone|Copy|PartialEq|Eq|PartialOrd|Ord|Hash|Default|Action|AsRefStr|IntoStaticStr|Enum(String|Iter|Count|Discriminants)|(Serialize|Deserialize)\w*)$/

/**
 * Returns the attributes that may be macros that change the type. An unknown attribute may also be the helper attribute of an
 * unknown derive. It is taken for one if it follows the derives, as is usual for helper attributes, unless a `use` imports it:
 * helper attributes are not imported.
 */
export function attributeMacros(
  attributes: readonly Meta[],
  derives: readonly string[],
  isImported: (name: string) => boolean = () => false,
): Meta[] {
  const hasUnknownDerive = derives.some((name) => !derivesWithoutHelpers.test(name))
  const serdeDerive = attributes.findIndex(
    ({ path, items }) => path === 'derive' && items.some((item) => /(^|::)(Ser|De)/.test(item.path)),
  )
  const firstDerive = serdeDerive === -1 ? attributes.findIndex(({ path }) => path === 'derive') : serdeDerive
  // The helper attribute of a derive may be its name in snake case: derive_more's Debug has #[debug("…")].
  const derivesInSnakeCase = new Set(
    derives.map((name) => name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase()),
  )
  return attributes.filter(({ path }, index) => {
    if (unchangingAttributes.test(path) || derivesInSnakeCase.has(path)) return false
    if (isImported(path)) return true
    return !hasUnknownDerive || (index < firstDerive && !helperAttributes.test(path))
  })
}
