import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes records like Java services, with transactions: `java -cp 'libs/*' TransactionalProducer.java BROKERS`.
 *
 * Each line of stdin is a command. It prints `done` on stdout once the broker has acknowledged the command:
 *
 *   begin ID                         begins a transaction of the transactional id
 *   send ID TOPIC PARTITION COUNT    sends records in the transaction and waits until they are in the log
 *   commit ID | abort ID             ends it
 *   plain TOPIC PARTITION COUNT      sends records outside of any transaction
 *
 * A transaction that is not ended stays open: the broker aborts it after ten minutes.
 */
public final class TransactionalProducer {
  private static final Map<String, KafkaProducer<String, String>> PRODUCERS = new HashMap<>();

  public static void main(String[] args) throws Exception {
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      run(args[0], line.split(" "));
      System.out.println("done");
    }
    // Exit at once: closing a producer would abort its open transaction.
    Runtime.getRuntime().halt(0);
  }

  private static void run(String brokers, String[] words) throws Exception {
    switch (words[0]) {
      case "begin" -> producer(brokers, words[1]).beginTransaction();
      case "send" -> send(producer(brokers, words[1]), words[2], words[3], words[4]);
      case "commit" -> producer(brokers, words[1]).commitTransaction();
      case "abort" -> producer(brokers, words[1]).abortTransaction();
      case "plain" -> send(producer(brokers, ""), words[1], words[2], words[3]);
      default -> throw new IllegalArgumentException(words[0]);
    }
  }

  private static void send(KafkaProducer<String, String> producer, String topic, String partition, String count)
      throws Exception {
    for (int left = Integer.parseInt(count); left > 0; left -= 1) {
      producer.send(new ProducerRecord<>(topic, Integer.parseInt(partition), "key", "value")).get();
    }
  }

  private static KafkaProducer<String, String> producer(String brokers, String id) {
    return PRODUCERS.computeIfAbsent(id, unknown -> {
      Map<String, Object> config = new HashMap<>();
      config.put("bootstrap.servers", brokers);
      if (!id.isEmpty()) {
        config.put("transactional.id", id);
        config.put("transaction.timeout.ms", 600_000);
      }
      var producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
      if (!id.isEmpty()) producer.initTransactions();
      return producer;
    });
  }
}
