// C#: the five fields as a form of System.Net.Http. Ends with status 0 if a token came back.
using System;
using System.Collections.Generic;
using System.Net.Http;

static class HttpClientToken
{
    static string Setting(string name)
    {
        return Environment.GetEnvironmentVariable("JWTAUTH_" + name);
    }

    static int Main()
    {
        var fields = new Dictionary<string, string>
        {
            { "grant_type", "authorization_code" },
            { "code", Setting("CODE") },
            { "redirect_uri", Setting("REDIRECT_URI") },
            { "client_assertion", Setting("CLIENT_ASSERTION") },
            { "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" },
        };
        using (var http = new HttpClient())
        {
            // The form brings its Content-Type with it.
            var answer = http.PostAsync(Setting("TOKEN_ENDPOINT"), new FormUrlEncodedContent(fields)).Result;
            var text = answer.Content.ReadAsStringAsync().Result;
            if (answer.IsSuccessStatusCode && text.Contains("\"access_token\""))
            {
                Console.WriteLine("got an access token");
                return 0;
            }
            Console.Error.WriteLine("refused: {0} {1}", (int)answer.StatusCode, text);
            return 1;
        }
    }
}
