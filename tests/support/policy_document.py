"""A realistic document of policies, and what a configuration service needs for it."""

import base64
import hashlib
import hmac
import json
import time

SECRET = b'a-secret-of-the-tests-of-32-bytes'

# A token of the caller, a limit for each subject, a token of another service that is kept, and a body that changes.
DOCUMENT = '''<policies>
    <inbound>
        <base />
        <validate-jwt header-name="Authorization" require-scheme="Bearer" output-token-variable-name="jwt">
            <issuer-signing-keys><key>{{jwt-secret}}</key></issuer-signing-keys>
            <audiences><audience>orders</audience></audiences>
        </validate-jwt>
        <rate-limit-by-key calls="1000" renewal-period="60"
            counter-key="@(((Jwt)context.Variables["jwt"]).Subject)" remaining-calls-header-name="Remaining" />
        <set-variable name="tenant" value="@(((Jwt)context.Variables["jwt"]).Claims.GetValueOrDefault("tenant", "none"))" />
        <choose>
            <when condition="@(context.Variables.GetValueOrDefault<string>("tenant") == "blocked")">
                <return-response>
                    <set-status code="403" reason="Forbidden" />
                    <set-body>@{ return new JObject(new JProperty("tenant", (string)context.Variables["tenant"])).ToString(Newtonsoft.Json.Formatting.None); }</set-body>
                </return-response>
            </when>
            <otherwise>
                <set-header name="X-Tenant" exists-action="override">
                    <value>@((string)context.Variables["tenant"])</value>
                </set-header>
            </otherwise>
        </choose>
        <cache-lookup-value key="@("token-" + (string)context.Variables["tenant"])" variable-name="token" />
        <choose>
            <when condition="@(!context.Variables.ContainsKey("token"))">
                <send-request mode="new" response-variable-name="answer" timeout="10" ignore-error="false">
                    <set-url>{{token-url}}</set-url>
                    <set-method>POST</set-method>
                    <set-header name="Content-Type"><value>application/json</value></set-header>
                    <set-body>@{ return new JObject(new JProperty("for", (string)context.Variables["tenant"])).ToString(); }</set-body>
                </send-request>
                <set-variable name="token" value="@((string)((IResponse)context.Variables["answer"]).Body.As<JObject>()["backend"])" />
                <cache-store-value key="@("token-" + (string)context.Variables["tenant"])" value="@((string)context.Variables["token"])" duration="300" />
            </when>
        </choose>
        <set-header name="Authorization" exists-action="override">
            <value>@("Token " + (string)context.Variables["token"])</value>
        </set-header>
        <rewrite-uri template="/internal/{id}" copy-unmatched-params="true" />
    </inbound>
    <backend><base /></backend>
    <outbound>
        <base />
        <set-body>@{
            var body = context.Response.Body.As<JObject>(preserveContent: true);
            return new JObject(
                new JProperty("path", body["path"]),
                new JProperty("tenant", (string)context.Variables["tenant"]),
                new JProperty("said", "{{greeting}}")).ToString(Newtonsoft.Json.Formatting.None);
        }</set-body>
        <set-header name="Server-Time" exists-action="skip"><value>@(context.Timestamp.ToString("yyyy"))</value></set-header>
    </outbound>
    <on-error>
        <base />
        <set-header name="Error-Reason"><value>@(context.LastError.Reason)</value></set-header>
    </on-error>
</policies>'''


def token(**claims):
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b'=').decode()
    text = part(b'{"alg":"HS256","typ":"JWT"}') + '.' + part(json.dumps(
        dict({'aud': 'orders', 'sub': 'ada', 'exp': int(time.time()) + 3600}, **claims)).encode())
    return text + '.' + part(hmac.new(SECRET, text.encode(), hashlib.sha256).digest())


def bearer(**claims):
    return {'Authorization': 'Bearer ' + token(**claims)}


def put_orders(service, gateway, orders_port, tokens_port):
    """The API `orders` at /orders with the document, assigned to that gateway."""
    for name, value in (('jwt-secret', base64.b64encode(SECRET).decode()), ('greeting', 'hello'),
                        ('token-url', 'http://127.0.0.1:%d/token' % tokens_port)):
        service.put('/namedValues/' + name, displayName=name, value=value, secret=name == 'jwt-secret')
    service.put('/apis/orders', displayName='Orders', path='orders', protocols=['http'],
                serviceUrl='http://127.0.0.1:%d' % orders_port, subscriptionRequired=False)
    service.put('/apis/orders/operations/get', displayName='Get', method='GET', urlTemplate='/{id}')
    service.put('/apis/orders/policies/policy', format='rawxml', value=DOCUMENT)
    service.put('/gateways/%s/apis/orders' % gateway)
