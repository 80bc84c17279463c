/** The views of the screen, in the order of their numbers. */
export const viewNames = ['groups', 'topics', 'sagas'] as const
export type ViewName = (typeof viewNames)[number]

/** Returns the view after another one; after the last, the first. */
export const viewAfter = (view: ViewName): ViewName =>
  viewNames[(viewNames.indexOf(view) + 1) % viewNames.length] ?? 'groups'
