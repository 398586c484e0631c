import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;

/**
 * What somebody would write who has Kafka Streams at hand: a GlobalKTable of the master by each of its identifiers, and
 * a processor that looks up every identifier of a message and compares what it says. It does less than fixwarden: it
 * reads the body's instrument and its alternates alone, knows no aliases of markets and no groups, and writes a line of
 * text for a discrepancy.
 *
 * <pre>
 *   StreamsPeer load BOOTSTRAP MASTER.csv TOPIC
 *   StreamsPeer run BOOTSTRAP APPLICATION INPUT MASTER-TOPIC OUTPUT COUNT STATE-FOLDER
 * </pre>
 *
 * `run` ends when all COUNT records are committed, and prints how long that took from the first one on.
 */
public final class StreamsPeer {
    private static final String STORE = "securities";
    private static final char SOH = '\001';

    /** The columns of the master that are keys, with the SecurityIDSource (tag 22) of each. */
    private static final Map<String, String> KEYS = Map.of("symbol", "8", "cusip", "1", "sedol", "2", "isin", "4", "figi", "S");
    private static final List<String> COMPARED = List.of("symbol", "mic", "currency", "security_type");

    private StreamsPeer() {}

    // ---- the master ----

    /** The cells of a row. */
    private static List<String> cells(String line) {
        List<String> cells = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '"')
                quoted = !quoted; // a doubled one is of no matter here
            else if (c == ',' && !quoted) {
                cells.add(cell.toString());
                cell.setLength(0);
            } else
                cell.append(c);
        }
        cells.add(cell.toString());
        return cells;
    }

    /** One record for each key: the rows that it leads to, a line each. */
    private static void load(String bootstrap, Path master, String topic) throws Exception {
        Map<String, String> rows = new HashMap<>();
        try (BufferedReader in = Files.newBufferedReader(master)) {
            List<String> header = List.of(in.readLine().split(",", -1));
            for (String line; (line = in.readLine()) != null; ) {
                while (line.chars().filter(c -> c == '"').count() % 2 != 0) // a line end within quotes
                    line += "\n" + in.readLine();
                List<String> cells = cells(line);
                List<String> kept = new ArrayList<>();
                for (String column : COMPARED)
                    kept.add(cells.get(header.indexOf(column)));
                String row = String.join(",", kept);
                for (Map.Entry<String, String> key : KEYS.entrySet()) {
                    String value = cells.get(header.indexOf(key.getKey()));
                    if (!value.isEmpty())
                        rows.merge(key.getValue() + ":" + value, row, (a, b) -> a + "\n" + b);
                }
            }
        }
        Properties p = new Properties();
        p.put("bootstrap.servers", bootstrap);
        p.put("linger.ms", "20");
        p.put("batch.size", "262144");
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(p, new StringSerializer(), new ByteArraySerializer())) {
            rows.forEach((key, row) ->
                producer.send(new ProducerRecord<>(topic, key, row.getBytes(StandardCharsets.ISO_8859_1))));
        }
        System.out.println("loaded: " + rows.size() + " keys");
    }

    // ---- the check ----

    private static final class Check implements Processor<byte[], byte[], byte[], String> {
        private final AtomicLong first;
        private ProcessorContext<byte[], String> context;
        private TimestampedKeyValueStore<String, byte[]> securities;

        Check(AtomicLong first) {
            this.first = first;
        }

        @Override
        public void init(ProcessorContext<byte[], String> context) {
            this.context = context;
            this.securities = context.getStateStore(STORE);
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            first.compareAndSet(0, System.nanoTime());
            byte[] message = record.value();
            String found = isWhole(message) ? check(new String(message, StandardCharsets.ISO_8859_1)) : "MALFORMED";
            if (found != null)
                context.forward(record.withValue(found));
        }

        /** BodyLength and CheckSum. */
        private static boolean isWhole(byte[] m) {
            int trailer = m.length - 7;
            if (trailer < 20 || m[trailer] != '1' || m[trailer + 1] != '0' || m[trailer + 2] != '=')
                return false;
            int sum = 0;
            for (int i = 0; i < trailer; i++)
                sum += m[i];
            int said = (m[trailer + 3] - '0') * 100 + (m[trailer + 4] - '0') * 10 + (m[trailer + 5] - '0');
            int at = 0;
            while (at < trailer && m[at] != SOH)
                at++;
            int length = 0;
            for (at += 3; at < trailer && m[at] != SOH; at++)
                length = length * 10 + m[at] - '0';
            return (sum & 255) == said && at + 1 + length == trailer;
        }

        private String check(String message) {
            String symbol = "", mic = "", currency = "", type = "", id = "", source = "", alternate = "";
            String conflict = null;
            for (int at = 0; at < message.length(); ) {
                int equals = message.indexOf('=', at);
                int end = equals < 0 ? -1 : message.indexOf(SOH, equals);
                if (end < 0)
                    return "MALFORMED";
                String value = message.substring(equals + 1, end);
                switch (message.substring(at, equals)) {
                    case "55" -> symbol = value;
                    case "207" -> mic = value;
                    case "15" -> currency = value;
                    case "167" -> type = value;
                    case "48" -> id = value;
                    case "22" -> source = value;
                    case "455" -> alternate = value;
                    case "456" -> {
                        if (rows(value, alternate) == null)
                            conflict = "UNKNOWN_SECURITY 455=" + alternate;
                    }
                    default -> { }
                }
                at = end + 1;
            }
            if (id.isEmpty() && symbol.isEmpty())
                return null;
            String rows = id.isEmpty() ? rows("8", symbol) : rows(source, id);
            if (rows == null)
                return "UNKNOWN_SECURITY " + (id.isEmpty() ? symbol : id);
            if (conflict != null)
                return conflict;
            String[] said = {symbol, mic, currency, type};
            String worst = null;
            for (String candidate : rows.split("\n")) {
                String[] row = candidate.split(",", -1);
                String differs = null;
                for (int i = 0; i < said.length && differs == null; i++)
                    if (!said[i].isEmpty() && !row[i].isEmpty() && !said[i].equals(row[i]))
                        differs = COMPARED.get(i) + " " + said[i] + " is " + row[i];
                if (differs == null)
                    return null;
                worst = differs;
            }
            return worst;
        }

        private String rows(String source, String key) {
            ValueAndTimestamp<byte[]> value = securities.get(source + ":" + key);
            return value == null ? null : new String(value.value(), StandardCharsets.ISO_8859_1);
        }
    }

    private static long committed(Admin admin, String group, String topic) throws Exception {
        long sum = 0;
        for (var entry : admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().entrySet()) {
            OffsetAndMetadata offset = entry.getValue();
            if (entry.getKey().topic().equals(topic) && offset != null)
                sum += offset.offset();
        }
        return sum;
    }

    private static void run(String[] a) throws Exception {
        String bootstrap = a[1], application = a[2], input = a[3], master = a[4], output = a[5];
        long count = Long.parseLong(a[6]);
        AtomicLong first = new AtomicLong();
        Properties p = new Properties();
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
        p.put(StreamsConfig.STATE_DIR_CONFIG, a[7]);
        p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, Runtime.getRuntime().availableProcessors());
        p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        p.put("auto.offset.reset", "earliest");
        StreamsBuilder builder = new StreamsBuilder();
        builder.globalTable(master, Consumed.with(Serdes.String(), Serdes.ByteArray()),
            Materialized.<String, byte[], KeyValueStore<Bytes, byte[]>>as(STORE));
        builder.stream(input, Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
            .process(() -> new Check(first))
            .to(output, Produced.with(Serdes.ByteArray(), Serdes.String()));
        try (KafkaStreams streams = new KafkaStreams(builder.build(), p);
             Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            streams.setUncaughtExceptionHandler(e -> {
                e.printStackTrace();
                Runtime.getRuntime().halt(70);
                return null;
            });
            streams.start();
            while (first.get() == 0 || committed(admin, application, input) < count)
                Thread.sleep(20);
            double seconds = (System.nanoTime() - first.get()) / 1e9;
            System.out.printf("streams: %d messages, %.3f s, %.0f messages/s%n", count, seconds, count / seconds);
        }
    }

    public static void main(String[] a) throws Exception {
        if (a.length == 4 && a[0].equals("load")) {
            load(a[1], Path.of(a[2]), a[3]);
        } else if (a.length == 8 && a[0].equals("run")) {
            run(a);
        } else {
            System.err.println("usage: StreamsPeer load BOOTSTRAP MASTER.csv TOPIC\n"
                + "       StreamsPeer run BOOTSTRAP APPLICATION INPUT MASTER-TOPIC OUTPUT COUNT STATE-FOLDER");
            System.exit(64);
        }
    }
}
