/** Reasons for settings of other tools that a profile does not have. */
export const CURRENT = 'choose the current profile with: crbus profile use NAME'
export const REGISTRY = 'crbus does not use a schema registry'
export const VERSIONS = 'crbus asks the brokers for their versions'
export const OF_TOOL = 'it concerns only the other tool'
