// Command kfake runs franz-go's kfake, a broker that is not Apache Kafka, for tests. It prints the addresses of its brokers on one line,
// separated by commas, and runs until SIGINT or SIGTERM.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kversion"
)

func main() {
	ports := flag.String("ports", "0", "a port on 127.0.0.1 for each broker, separated by commas; 0 picks a free one")
	as := flag.String("as", "", "a release of Kafka, such as 2.4, whose versions of requests are the newest to name")
	data := flag.String("data", "", "a folder to keep topics and offsets in, for a later run on the same ports")
	flag.Parse()
	listed := strings.Split(*ports, ",")
	numbers := make([]int, len(listed))
	for i, port := range listed {
		number, err := strconv.Atoi(port)
		if err != nil {
			fail(fmt.Errorf("-ports: %q is not a port", port))
		}
		numbers[i] = number
	}
	// Like the tests' Apache Kafka, kfake creates no topics by itself.
	options := []kfake.Opt{
		kfake.NumBrokers(len(numbers)),
		kfake.Ports(numbers...),
		kfake.BrokerConfigs(map[string]string{"log.cleaner.backoff.ms": "500"}),
	}
	if *as != "" {
		versions := kversion.FromString(*as)
		if versions == nil {
			fail(fmt.Errorf("-as: %q is not a release of Kafka", *as))
		}
		options = append(options, kfake.MaxVersions(versions))
	}
	if *data != "" {
		// Acknowledged records survive a kill.
		options = append(options, kfake.DataDir(*data), kfake.SyncWrites())
	}
	cluster, err := kfake.NewCluster(options...)
	if err != nil {
		fail(err)
	}
	defer cluster.Close()
	fmt.Println(strings.Join(cluster.ListenAddrs(), ","))
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	<-stop
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
