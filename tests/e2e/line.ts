// A line between the browser and a proxy on which things go wrong when a test says so. Everything else that passes is the
// real proxy's. A fault is a rule: which requests, what becomes of them, how often.
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

/** A request as rules see it. */
export interface Asked {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  /** A WebSocket is asked for. */
  upgrade: boolean;
  at: number;
}

/** The kinds of requests that the app makes. */
export const is = {
  /** Anything of the API; the app's own files are never touched. */
  any: (_: Asked) => true,
  /** A list of objects, a page of it included. */
  list: (it: Asked) => it.method === "GET" && !it.upgrade && COLLECTION.test(it.path) && !it.query.has("watch"),
  /** A watch, whatever carries it. */
  watch: (it: Asked) => it.query.has("watch"),
  get: (it: Asked) => it.method === "GET" && !it.upgrade && OBJECT.test(it.path),
  dryRun: (it: Asked) => it.method !== "GET" && it.query.has("dryRun"),
  /** A write that is no dry run and no question to the API server. */
  write: (it: Asked) => it.method !== "GET" && !it.query.has("dryRun") && !it.path.includes("/self"),
  log: (it: Asked) => it.path.endsWith("/log"),
  /** Of these objects, by their plural. */
  of: (plural: string) => (it: Asked) => it.path.split("/").includes(plural),
};

const COLLECTION = /^\/apis?\/(?:[^/]+\/)?[^/]+\/namespaces\/[^/]+\/[^/]+$/;
const OBJECT = /^\/apis?\/(?:[^/]+\/)?[^/]+\/namespaces\/[^/]+\/[^/]+\/[^/]+$/;

export type Match = (asked: Asked) => boolean;

/** All of these. */
export function both(...matches: Match[]): Match {
  return (asked) => matches.every((match) => match(asked));
}

/** What becomes of a request. `forwarded`: the API server carries it out, and only its answer meets with the fault. */
export type Fault =
  /** The connection is reset before anything of an answer. */
  | { does: "reset"; forwarded: boolean }
  /** An answer that ends is cut after this share of its bytes, or within a character of several; of a WebSocket's the next
   * message that can be. */
  | { does: "cut"; at: number | "character" }
  /** The whole answer comes, then the connection is reset. */
  | { does: "resetAfter" }
  /** Nothing comes for so many milliseconds, then the answer. */
  | { does: "stall"; forwarded: boolean; ms: number }
  /** Something else answers. */
  | { does: "answer"; forwarded?: boolean; status: number; headers?: Record<string, string>; body?: string }
  /** A WebSocket's messages pass through this, one after another. */
  | { does: "retell"; messages: (message: Buffer) => Buffer[] };

/** A fault of the API server's own making: a Status. */
export function refusal(code: number, reason: string, message: string, headers: Record<string, string> = {}): Fault {
  const body = JSON.stringify({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code });
  return { does: "answer", status: code, headers: { "content-type": "application/json", ...headers }, body };
}

/** An authenticating proxy that has forgotten who one is. */
export const SIGN_IN: Fault = {
  does: "answer",
  status: 200,
  headers: { "content-type": "text/html; charset=utf-8" },
  body: "<!doctype html><title>Sign in</title><h1>Sign in</h1><form><input name=user></form>",
};

/** A rule in force. */
export class Rule {
  /** The requests that it befell. */
  readonly met: Asked[] = [];
  private hasHappened = false;
  private waiting: (() => void)[] = [];

  constructor(
    readonly match: Match,
    readonly fault: Fault,
    public left: number,
  ) {}

  /** Resolves once it has had its effect on a request: for one that is forwarded, once that is carried out. */
  async happened(): Promise<void> {
    if (!this.hasHappened) await new Promise<void>((done) => this.waiting.push(done));
  }

  /** Whether the API server carries the request out before the fault has its effect. */
  get waits(): boolean {
    const { fault } = this;
    return fault.does === "cut" || fault.does === "resetAfter" || ("forwarded" in fault && !!fault.forwarded);
  }

  meet(asked: Asked): void {
    this.left -= 1;
    this.met.push(asked);
  }

  happen(): void {
    this.hasHappened = true;
    for (const done of this.waiting.splice(0)) done();
  }

  /** It befalls no more requests. */
  end(): void {
    this.left = 0;
  }
}

export class Line {
  /** All that was asked of the API, in order. */
  readonly asked: Asked[] = [];
  /**
   * Whether connections serve several requests. A browser repeats whatever it sent over a connection that it had used
   * before, writes too, where that is reset without an answer.
   */
  reuse = true;
  private rules: Rule[] = [];
  private sockets = new Set<Socket>();
  private upgraded = new Set<Socket>();
  private dead = new WeakSet<Socket>();
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

  /** Lets a fault befall the next `times` requests that match. Of several rules the latest counts. */
  fault(match: Match, fault: Fault, times = 1): Rule {
    const rule = new Rule(match, fault, times);
    this.rules.unshift(rule);
    return rule;
  }

  /** All is well again. */
  up(): void {
    for (const rule of this.rules.splice(0)) rule.end();
  }

  /** Nothing of the API answers. */
  down(): void {
    this.fault(is.any, { does: "reset", forwarded: false }, Infinity);
    this.cut();
  }

  signOut(): void {
    this.fault(is.any, SIGN_IN, Infinity);
    this.cut();
  }

  /** Resets all connections. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** The WebSockets that are open say nothing more, and do not end: what a sleep or a lost route leaves behind. */
  deaden(): void {
    for (const socket of this.upgraded) this.dead.add(socket);
  }

  /**
   * Loses the next write that is no dry run. `forwarded`: the API server carries it out and only its answer is lost;
   * else it never arrives. With `stayDown` nothing else answers either, until `up`. Resolves once that has happened.
   */
  async loseWrite(loss: { forwarded: boolean; stayDown: boolean }): Promise<void> {
    const rule = this.fault(is.write, { does: "reset", forwarded: loss.forwarded });
    await rule.happened();
    if (loss.stayDown) this.down();
  }

  async end(): Promise<void> {
    this.cut();
    await new Promise((done) => this.server.close(done));
  }

  /** The rule that befalls this request. */
  private befalls(from: IncomingMessage, upgrade: boolean): Rule | undefined {
    if (from.url?.startsWith("/admin/")) return undefined;
    const url = new URL(from.url ?? "/", "http://127.0.0.1");
    const { pathname: path, searchParams: query } = url;
    const asked: Asked = { method: from.method ?? "", path, query, upgrade, at: Date.now() };
    this.asked.push(asked);
    const rule = this.rules.find((it) => it.left > 0 && it.match(asked));
    rule?.meet(asked);
    return rule;
  }

  private pass(from: IncomingMessage, to: ServerResponse): void {
    const rule = this.befalls(from, false);
    const fault = rule?.fault;
    if (!this.reuse) to.setHeader("connection", "close");
    const { socket, method, url, headers } = from;
    const after = (ms: number, then: () => void) => {
      const timer = setTimeout(then, ms);
      to.on("close", () => clearTimeout(timer));
    };
    if (!rule?.waits) rule?.happen();
    if (fault?.does === "reset" && !fault.forwarded) return void socket.resetAndDestroy();
    if (fault?.does === "answer" && !fault.forwarded) {
      from.resume();
      return void to.writeHead(fault.status, fault.headers).end(fault.body);
    }
    const forward = () => {
      const onward = request({ host: "127.0.0.1", port: this.target, method, path: url, headers, agent: false });
      onward.on("response", (answer) => {
        if (!fault || (fault.does === "stall" && !fault.forwarded) || fault.does === "retell") {
          to.writeHead(answer.statusCode ?? 502, answer.headers);
          // An answer may begin long before there is anything in it.
          to.flushHeaders();
          return void answer.pipe(to);
        }
        const pieces: Buffer[] = [];
        answer.on("data", (piece) => pieces.push(piece));
        answer.on("end", () => {
          const body = Buffer.concat(pieces);
          rule?.happen();
          const whole = () => to.writeHead(answer.statusCode ?? 502, { ...answer.headers, "content-length": body.length });
          delete answer.headers["transfer-encoding"];
          switch (fault.does) {
            case "reset":
              return void socket.resetAndDestroy();
            case "answer":
              return void to.writeHead(fault.status, fault.headers).end(fault.body);
            case "stall":
              return after(fault.ms, () => whole().end(body));
            case "cut":
              whole().write(body.subarray(0, place(body, fault.at) ?? body.length / 2), () => socket.resetAndDestroy());
              return;
            case "resetAfter":
              whole().end(body, () => socket.resetAndDestroy());
          }
        });
      });
      onward.on("error", () => socket.destroy());
      to.on("close", () => onward.destroy());
      from.pipe(onward);
    };
    if (fault?.does === "stall" && !fault.forwarded) after(fault.ms, forward);
    else forward();
  }

  private upgrade(from: IncomingMessage, socket: Socket, head: Buffer): void {
    const rule = this.befalls(from, true);
    rule?.happen();
    const fault = rule?.fault;
    if (fault?.does === "reset") return void socket.resetAndDestroy();
    if (fault?.does === "answer") {
      const lines = Object.entries(fault.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
      const length = Buffer.byteLength(fault.body ?? "");
      socket.end(`HTTP/1.1 ${fault.status} Rig\r\n${lines.join("")}content-length: ${length}\r\n\r\n${fault.body ?? ""}`);
      return;
    }
    const open = () => {
      const onward = connect(this.target, "127.0.0.1");
      const lines = [`${from.method} ${from.url} HTTP/1.1`];
      for (let at = 0; at < from.rawHeaders.length; at += 2) lines.push(`${from.rawHeaders[at]}: ${from.rawHeaders[at + 1]}`);
      onward.write(`${lines.join("\r\n")}\r\n\r\n`);
      onward.write(head);
      this.upgraded.add(socket);
      const back = fault ? retold(socket, fault) : (piece: Buffer) => socket.write(piece);
      onward.on("data", (piece) => this.dead.has(socket) || back(piece));
      socket.on("data", (piece) => this.dead.has(socket) || onward.write(piece));
      onward.on("error", () => this.dead.has(socket) || socket.destroy());
      onward.on("close", () => this.dead.has(socket) || socket.destroy());
      socket.on("close", () => {
        this.upgraded.delete(socket);
        onward.destroy();
      });
    };
    if (fault?.does !== "stall") return open();
    const timer = setTimeout(open, fault.ms);
    socket.on("close", () => clearTimeout(timer));
  }
}

/** Where a body is cut, unless it has no character of several bytes that could be. */
function place(body: Buffer, at: number | "character"): number | undefined {
  if (at !== "character") return Math.floor(body.length * at);
  return body.findLastIndex((byte) => byte >= 0xc0) + 1 || undefined;
}

/** Takes what a WebSocket's server says after its head, message by message, and tells it otherwise. */
function retold(socket: Socket, fault: Fault): (piece: Buffer) => void {
  let left = Buffer.alloc(0);
  let head = true;
  return (piece) => {
    left = Buffer.concat([left, piece]);
    if (head) {
      const end = left.indexOf("\r\n\r\n");
      if (end < 0) return;
      socket.write(left.subarray(0, end + 4));
      left = left.subarray(end + 4);
      head = false;
    }
    for (let frame = first(left); frame; frame = first(left)) {
      left = left.subarray(frame.length);
      const cut = fault.does === "cut" ? place(frame, fault.at) : undefined;
      if (cut) return void socket.write(frame.subarray(0, cut), () => socket.resetAndDestroy());
      for (const told of fault.does === "retell" ? fault.messages(frame) : [frame]) socket.write(told);
      if (fault.does === "resetAfter") return void socket.resetAndDestroy();
    }
  };
}

/** The first whole frame of these bytes; a server's are not masked (RFC 6455, section 5.2). */
function first(bytes: Buffer): Buffer | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1] & 0x7f;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < start) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  return bytes.length < start + length ? undefined : bytes.subarray(0, start + length);
}
