// The line between the browser and a proxy, to cut it at the worst moment. Everything that passes is the real proxy's.
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

/** What becomes of what the browser sends. The app's own files always come through. */
type State =
  | "up"
  /** Nothing of the API answers. */
  | "down"
  /** An authenticating proxy that has forgotten who one is: its sign-in page, with status 200, in place of the API. */
  | "signed-out";

const SIGN_IN = "<!doctype html><title>Sign in</title><h1>Sign in</h1><form><input name=user></form>";

export class Line {
  private state: State = "up";
  private sockets = new Set<Socket>();
  private loss?: { forwarded: boolean; stayDown: boolean; happened: () => void };
  private server: Server;

  private constructor(private target: number) {
    this.server = createServer((from, to) => this.pass(from, to));
    this.server.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("error", () => socket.destroy());
    });
    this.server.on("upgrade", (from, socket, head) => this.upgrade(from, socket as Socket, head));
  }

  static async to(target: number): Promise<Line> {
    const line = new Line(target);
    await new Promise<void>((done) => line.server.listen(0, "127.0.0.1", done));
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/admin/`;
  }

  up(): void {
    this.state = "up";
  }

  down(): void {
    this.change("down");
  }

  signOut(): void {
    this.change("signed-out");
  }

  /**
   * Loses the next write that is no dry run. `forwarded`: the API server carries it out and only its answer is lost;
   * else it never arrives. With `stayDown` nothing else answers either, until `up`. Resolves once that has happened.
   */
  loseWrite(loss: { forwarded: boolean; stayDown: boolean }): Promise<void> {
    return new Promise((happened) => (this.loss = { ...loss, happened }));
  }

  async end(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }

  private change(state: State): void {
    this.state = state;
    for (const socket of this.sockets) socket.destroy();
  }

  private pass(from: IncomingMessage, to: ServerResponse): void {
    const ofTheApp = from.url?.startsWith("/admin/");
    if (!ofTheApp && this.state === "down") {
      from.socket.destroy();
      return;
    }
    if (!ofTheApp && this.state === "signed-out") {
      to.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(SIGN_IN);
      return;
    }
    const isWrite = from.method === "PATCH" && !from.url?.includes("dryRun");
    const loss = isWrite ? this.loss : undefined;
    if (loss) this.loss = undefined;
    const lose = () => {
      if (loss?.stayDown) this.down();
      from.socket.destroy();
      loss?.happened();
    };
    if (loss && !loss.forwarded) {
      lose();
      return;
    }
    const { method, url, headers } = from;
    const onward = request({ host: "127.0.0.1", port: this.target, method, path: url, headers, agent: false });
    onward.on("response", (answer) => {
      if (loss) {
        answer.resume();
        answer.on("end", lose);
        return;
      }
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    onward.on("error", () => from.socket.destroy());
    to.on("close", () => onward.destroy());
    from.pipe(onward);
  }

  private upgrade(from: IncomingMessage, socket: Socket, head: Buffer): void {
    if (this.state !== "up") {
      socket.destroy();
      return;
    }
    const onward = connect(this.target, "127.0.0.1");
    const lines = [`${from.method} ${from.url} HTTP/1.1`];
    for (let at = 0; at < from.rawHeaders.length; at += 2) lines.push(`${from.rawHeaders[at]}: ${from.rawHeaders[at + 1]}`);
    onward.write(`${lines.join("\r\n")}\r\n\r\n`);
    onward.write(head);
    onward.pipe(socket);
    socket.pipe(onward);
    onward.on("error", () => socket.destroy());
    onward.on("close", () => socket.destroy());
    socket.on("close", () => onward.destroy());
  }
}
