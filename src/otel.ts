/**
 * Traces and metrics of buses, aggregates and sagas, through the API of OpenTelemetry.
 *
 * @module crbus/otel
 */

export { type InstrumentOptions, instrument } from './otel/instrument.ts'
export { contextOf } from './otel/trace-context.ts'
