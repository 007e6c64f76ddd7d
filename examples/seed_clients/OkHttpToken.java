// Java: the five fields in one string, sent by OkHttp as it is. Ends with status 0 if a token came back.

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.tls.HandshakeCertificates;

class OkHttpToken {
    static String setting(String name) {
        return System.getenv("JWTAUTH_" + name);
    }

    /** Trusts the authority in JWTAUTH_CA_FILE, if there is one. */
    static OkHttpClient client() throws Exception {
        OkHttpClient.Builder builder = new OkHttpClient.Builder();
        String file = setting("CA_FILE");
        if (file != null && !file.isEmpty()) {
            try (InputStream pem = Files.newInputStream(Paths.get(file))) {
                X509Certificate authority =
                        (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(pem);
                HandshakeCertificates trust =
                        new HandshakeCertificates.Builder().addTrustedCertificate(authority).build();
                builder.sslSocketFactory(trust.sslSocketFactory(), trust.trustManager());
            }
        }
        return builder.build();
    }

    public static void main(String[] arguments) throws Exception {
        // Put together by hand, as in the document: nothing is percent-encoded, and OkHttp sends a body as it is.
        String form = "grant_type=authorization_code"
                + "&code=" + setting("CODE")
                + "&redirect_uri=" + setting("REDIRECT_URI")
                + "&client_assertion=" + setting("CLIENT_ASSERTION")
                + "&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        Request request = new Request.Builder()
                .url(setting("TOKEN_ENDPOINT"))
                .post(RequestBody.create(MediaType.parse("application/x-www-form-urlencoded"), form))
                .build();
        try (Response answer = client().newCall(request).execute()) {
            String text = answer.body().string();
            if (answer.isSuccessful() && text.contains("\"access_token\"")) {
                System.out.println("got an access token");
                System.exit(0);
            }
            System.err.println("refused: " + answer.code() + " " + text);
            System.exit(1);
        }
    }
}
