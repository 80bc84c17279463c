import java.io.BufferedReader;
import java.io.InputStreamReader;

/**
 * Runs keytool for each line of stdin, whose words are separated by tabs, in one process: starting Java twenty times takes
 * longer than creating all keys. keytool ends the process when a command fails.
 */
public final class KeyTool {
  public static void main(String[] none) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      sun.security.tools.keytool.Main.main(line.split("\t"));
    }
  }
}
