// Command collector is the OpenTelemetry collector with an OTLP receiver, and an exporter that writes what the collector
// received to the standard output, one JSON document of OTLP a line. Usage: collector --config=yaml:…
package main

import (
	"context"
	"log"
	"os"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry"
)

// lines writes complete lines to the standard output.
type lines struct {
	component.StartFunc
	component.ShutdownFunc
}

var writing sync.Mutex

func write(line []byte, err error) error {
	if err != nil {
		return err
	}
	writing.Lock()
	defer writing.Unlock()
	_, err = os.Stdout.Write(append(line, '\n'))
	return err
}

type traceLines struct{ lines }

func (traceLines) ConsumeTraces(_ context.Context, traces ptrace.Traces) error {
	return write((&ptrace.JSONMarshaler{}).MarshalTraces(traces))
}

type metricLines struct{ lines }

func (metricLines) ConsumeMetrics(_ context.Context, metrics pmetric.Metrics) error {
	return write((&pmetric.JSONMarshaler{}).MarshalMetrics(metrics))
}

func (lines) Capabilities() consumer.Capabilities { return consumer.Capabilities{MutatesData: false} }

func newExporter() exporter.Factory {
	return exporter.NewFactory(
		component.MustNewType("lines"),
		func() component.Config { return &struct{}{} },
		exporter.WithTraces(func(context.Context, exporter.Settings, component.Config) (exporter.Traces, error) {
			return traceLines{}, nil
		}, component.StabilityLevelStable),
		exporter.WithMetrics(func(context.Context, exporter.Settings, component.Config) (exporter.Metrics, error) {
			return metricLines{}, nil
		}, component.StabilityLevelStable),
	)
}

func factories() (otelcol.Factories, error) {
	receivers, err := otelcol.MakeFactoryMap[receiver.Factory](otlpreceiver.NewFactory())
	if err != nil {
		return otelcol.Factories{}, err
	}
	exporters, err := otelcol.MakeFactoryMap[exporter.Factory](newExporter())
	return otelcol.Factories{
		Receivers: receivers,
		Exporters: exporters,
		Telemetry: telemetry.NewFactory(func() component.Config { return &struct{}{} }),
	}, err
}

func main() {
	providers := []confmap.ProviderFactory{envprovider.NewFactory(), yamlprovider.NewFactory()}
	settings := otelcol.CollectorSettings{
		BuildInfo:              component.BuildInfo{Command: "collector", Version: "0.0.0"},
		Factories:              factories,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{ProviderFactories: providers}},
	}
	if err := otelcol.NewCommand(settings).Execute(); err != nil {
		log.Fatal(err)
	}
}
