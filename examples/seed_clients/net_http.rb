# Ruby: the five fields, encoded by URI, as the body of Net::HTTP. Ends with status 0 if a token came back.

require "json"
require "net/http"
require "uri"

endpoint = URI(ENV.fetch("JWTAUTH_TOKEN_ENDPOINT"))
request = Net::HTTP::Post.new(endpoint)
request["Content-Type"] = "application/x-www-form-urlencoded"
request.body = URI.encode_www_form(
  grant_type: "authorization_code",
  code: ENV.fetch("JWTAUTH_CODE"),
  redirect_uri: ENV.fetch("JWTAUTH_REDIRECT_URI"),
  client_assertion: ENV.fetch("JWTAUTH_CLIENT_ASSERTION"),
  client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
)

http = Net::HTTP.new(endpoint.host, endpoint.port)
http.use_ssl = endpoint.scheme == "https"
authority = ENV.fetch("JWTAUTH_CA_FILE", "")
http.ca_file = authority unless authority.empty?

answer = http.request(request)
abort "refused: #{answer.code} #{answer.body}" unless answer.code == "200" && JSON.parse(answer.body)["access_token"]
puts "got an access token"
