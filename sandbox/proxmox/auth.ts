import { createHmac, randomBytes, randomUUID, scryptSync, timingSafeEqual } from "node:crypto";
import { PveError } from "./errors";
import type { Identity } from "./permissions";
import type { State, User } from "./state";

const TICKET_SECONDS = 7200;
const TOKEN_HEADER = /^PVEAPIToken=([^!\s]+)!([^=\s]+)=(\S+)$/;

export function hashPassword(password: string): string {
  const salt = randomBytes(16).toString("hex");
  return `${salt}:${scryptSync(password, salt, 32).toString("hex")}`;
}

function same(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

function passwordFits(user: User, password: string): boolean {
  const [salt, hash] = user.password.split(":");
  return salt !== undefined && hash !== undefined && same(hash, scryptSync(password, salt, 32).toString("hex"));
}

function usable(user: User | undefined, now: number): user is User {
  return user !== undefined && user.enable === 1 && (user.expire === 0 || user.expire > now);
}

export interface RequestCredentials {
  method: string;
  authorization?: string;
  cookie?: string;
  csrf?: string;
}

/** Ticket logins and API tokens. Tickets are signed with a key that dies with the process. */
export class Authenticator {
  private readonly key = randomBytes(32);

  constructor(
    private readonly state: State,
    private readonly now: () => number = () => Math.floor(Date.now() / 1000),
  ) {}

  private sign(text: string): string {
    return createHmac("sha256", this.key).update(text).digest("base64url");
  }

  login(
    username: string,
    password: string,
  ): { username: string; ticket: string; CSRFPreventionToken: string; clustername: string } {
    const userid = username.includes("@") ? username : `${username}@pam`;
    const user = this.state.users[userid];
    // A ticket is good as password too: this is how a ticket is renewed.
    const renewed = password.startsWith("PVE:") && this.ticketUser(password) === userid;
    if (!usable(user, this.now()) || !(renewed || passwordFits(user, password)))
      throw new PveError(401, "authentication failure");
    const plain = `PVE:${userid}:${this.now().toString(16).toUpperCase().padStart(8, "0")}`;
    return {
      username: userid,
      ticket: `${plain}::${this.sign(plain)}`,
      CSRFPreventionToken: this.csrf(userid),
      clustername: "sandbox",
    };
  }

  private csrf(userid: string): string {
    const stamp = this.now().toString(16).toUpperCase().padStart(8, "0");
    return `${stamp}:${this.sign(`csrf:${stamp}:${userid}`)}`;
  }

  private ticketUser(ticket: string): string | undefined {
    const [plain, signature] = ticket.split("::");
    const parts = plain?.split(":") ?? [];
    if (plain === undefined || signature === undefined || !same(signature, this.sign(plain))) return undefined;
    return this.now() - Number.parseInt(parts[2] ?? "0", 16) < TICKET_SECONDS ? parts[1] : undefined;
  }

  /** The sender of a request, or 401. */
  identify(request: RequestCredentials): Identity {
    if (request.authorization?.startsWith("PVEAPIToken")) return this.byToken(request.authorization);
    const cookie = /(?:^|;\s*)PVEAuthCookie=([^;]+)/.exec(request.cookie ?? "")?.[1];
    if (cookie === undefined) throw new PveError(401, "No ticket");
    const userid = this.ticketUser(decodeURIComponent(cookie));
    if (userid === undefined) throw new PveError(401, "permission denied - invalid PVE ticket");
    if (!usable(this.state.users[userid], this.now())) throw new PveError(401, `no such user ('${userid}')`);
    if (request.method !== "GET") {
      const [stamp, signature] = (request.csrf ?? "").split(":");
      if (signature === undefined || !same(signature, this.sign(`csrf:${stamp}:${userid}`))) {
        throw new PveError(401, "Permission denied - invalid csrf token");
      }
    }
    return { userid };
  }

  private byToken(header: string): Identity {
    const [, userid, tokenid, value] = TOKEN_HEADER.exec(header) ?? [];
    if (userid === undefined || tokenid === undefined || value === undefined)
      throw new PveError(401, "invalid token format");
    const user = this.state.users[userid];
    if (!usable(user, this.now())) throw new PveError(401, `no such user ('${userid}')`);
    const token = user.tokens[tokenid];
    if (token === undefined) throw new PveError(401, `no such token '${tokenid}' for user '${userid}'`);
    if (token.expire !== 0 && token.expire <= this.now())
      throw new PveError(401, `token '${userid}!${tokenid}' access expired`);
    if (!same(token.value, value)) throw new PveError(401, "invalid token value!");
    return { userid, tokenid };
  }
}

export function newTokenValue(): string {
  return randomUUID();
}
