"""Stand-in servers on 127.0.0.1 for tests of the client: what a good server does, and everything that can go wrong.

module        what it has
fake          `FakeWeaviate`: REST, native gRPC and gRPC-web in this process; scriptable, records what it receives
process       `FakeProcess`: the same in a process of its own, for tests that fork or measure CPU
faults        `HttpFault`, `RpcFault`: what can go wrong with an answer; the fake and the identity provider take them
certificates  `Certificates`: a private authority, certificates of servers and clients, expired ones, wrong names
proxies       `ConnectProxy` (an HTTP proxy), `CutProxy` (a TCP proxy that delays, stalls, cuts or refuses)
dead          `BlackHole`, `ClosedPort`, `names` (who resolves to what, and how slowly), `dead_addresses`
nginx         `Nginx`: a real one in front of an HTTP port
oidc          `OidcProvider`: an identity provider made for faults; a real server accepts its tokens
node_oidc     `NodeOidcProvider`: npm's oidc-provider in node
real          `RealServer`, `RealCluster`: the binary that WEAVIATE_HL_TEST_BINARY names; `LiteProcess`
places        `client_at`: a client of lite, in this process or on sockets, or of a real server
replay        `ReplayServer`: a real server's answers, recorded by the tests that ask for them; `--record-server`
fixtures      pytest fixtures for the above
sockets       what they stand on: `Listener`
http_wire     HTTP/1.1 by the byte: `HttpServer`, `Received`, `Reply`
grpc_web      the frames of gRPC-web, the server's side
native        native gRPC made from METHODS

Each is a context manager: it listens on a free port when entered and leaves no thread, process or socket behind. Import
from the module that has it (`from tests.servers.fake import FakeWeaviate`): this package itself imports nothing. What
depends on something that may be missing (nginx, node, a server binary) skips the test and says why.
"""
