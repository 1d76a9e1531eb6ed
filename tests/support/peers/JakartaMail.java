import java.io.FileInputStream;
import java.io.InputStream;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Properties;
import javax.mail.Address;
import javax.mail.Session;
import javax.mail.Transport;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeMessage;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Sends a message by Jakarta Mail: JakartaMail PORT TLS AUTH CA LOGIN PASSWORD FROM TO FILE. */
public class JakartaMail {
  public static void main(String[] args) throws Exception {
    String tls = args[1];
    String auth = args[2];
    boolean logsIn = !auth.equals("none");
    Properties settings = new Properties();
    settings.put("mail.smtp.localhost", "client.example");
    settings.put("mail.smtp.from", args[6]);
    settings.put("mail.smtp.allow8bitmime", "true");
    settings.put("mail.smtp.timeout", "60000");
    settings.put("mail.smtp.starttls.enable", String.valueOf(tls.equals("starttls")));
    settings.put("mail.smtp.starttls.required", String.valueOf(tls.equals("starttls")));
    settings.put("mail.smtp.ssl.enable", String.valueOf(tls.equals("implicit")));
    settings.put("mail.smtp.ssl.checkserveridentity", "true");
    settings.put("mail.smtp.ssl.socketFactory", trusting(args[3]).getSocketFactory());
    settings.put("mail.smtp.ssl.socketFactory.fallback", "false");
    settings.put("mail.smtp.auth", String.valueOf(logsIn));
    settings.put("mail.smtp.auth.mechanisms", auth.toUpperCase());
    Session session = Session.getInstance(settings);
    try (InputStream file = new FileInputStream(args[8]); Transport transport = session.getTransport("smtp")) {
      MimeMessage message = new MimeMessage(session, file);
      // It compares the certificate with names alone, not with addresses.
      transport.connect("localhost", Integer.parseInt(args[0]), logsIn ? args[4] : null, logsIn ? args[5] : null);
      transport.sendMessage(message, new Address[] {new InternetAddress(args[7])});
    }
  }

  private static SSLContext trusting(String path) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream file = new FileInputStream(path)) {
      Certificate authority = CertificateFactory.getInstance("X.509").generateCertificate(file);
      store.setCertificateEntry("authority", authority);
    }
    TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }
}
