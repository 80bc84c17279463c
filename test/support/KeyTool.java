import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;

/**
 * Runs keytool for each line of stdin, whose words are separated by tabs, in one process: starting Java twenty times takes
 * longer than creating all keys. keytool ends the process when a command fails. The line "-exportkey STORE PASSWORD ALIAS FILE" writes
 * a private key as PEM, which keytool cannot.
 */
public final class KeyTool {
  public static void main(String[] none) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] words = line.split("\t");
      if (words[0].equals("-exportkey")) exportKey(words);
      else sun.security.tools.keytool.Main.main(words);
    }
  }

  private static void exportKey(String[] words) throws Exception {
    KeyStore store = KeyStore.getInstance(new File(words[1]), words[2].toCharArray());
    Key key = store.getKey(words[3], words[2].toCharArray());
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded());
    Files.writeString(Path.of(words[4]), "-----BEGIN PRIVATE KEY-----\n" + text + "\n-----END PRIVATE KEY-----\n");
  }
}
