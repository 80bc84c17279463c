/** `crbus/otel`: traces and metrics of buses, aggregates and sagas, through the API of OpenTelemetry. */

export { type InstrumentOptions, instrument } from './otel/instrument.ts'
export { contextOf } from './otel/trace-context.ts'
