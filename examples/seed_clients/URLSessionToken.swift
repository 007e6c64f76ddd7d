// Swift: the five fields, percent-encoded, sent by URLSession. Ends with status 0 if a token came back.
import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

func setting(_ name: String) -> String {
    return ProcessInfo.processInfo.environment["JWTAUTH_" + name] ?? ""
}

let fields = [
    ("grant_type", "authorization_code"),
    ("code", setting("CODE")),
    ("redirect_uri", setting("REDIRECT_URI")),
    ("client_assertion", setting("CLIENT_ASSERTION")),
    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
]
// Only these characters stand for themselves in every reading of a form; a «+» in a query stands for itself, too.
let plain = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._")
let form = fields
    .map { "\($0.0)=\($0.1.addingPercentEncoding(withAllowedCharacters: plain) ?? "")" }
    .joined(separator: "&")

var request = URLRequest(url: URL(string: setting("TOKEN_ENDPOINT"))!)
request.httpMethod = "POST"
request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
request.httpBody = form.data(using: .utf8)

let done = DispatchSemaphore(value: 0)
var complaint: String? = "no answer"
let task = URLSession.shared.dataTask(with: request) { data, response, error in
    let status = (response as? HTTPURLResponse)?.statusCode ?? 0
    let text = data.flatMap { String(data: $0, encoding: .utf8) } ?? "\(String(describing: error))"
    complaint = status == 200 && text.contains("\"access_token\"") ? nil : "refused: \(status) \(text)"
    done.signal()
}
task.resume()
done.wait()

if let complaint = complaint {
    FileHandle.standardError.write((complaint + "\n").data(using: .utf8)!)
    exit(1)
}
print("got an access token")
