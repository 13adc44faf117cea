import { createHash } from "node:crypto";
import { demandFetch } from "../config-rights";
import { badParameters, PveError } from "../errors";
import { demandContent } from "../guest-config";
import { demand } from "../permissions";
import { type Call, type Route, route } from "../router";

/** Endings that each content takes, as `PVE::Storage` checks them. */
const ENDINGS: Readonly<Record<string, RegExp>> = {
  iso: /\.(iso|img)$/i,
  vztmpl: /\.tar\.(gz|xz|zst|bz2)$/i,
  import: /\.(qcow2|raw|vmdk|ova|ovf)$/i,
};

async function get(url: string): Promise<Response> {
  const answer = await fetch(url).catch((error: Error) => {
    throw new PveError(500, `download failed: ${error.cause instanceof Error ? error.cause.message : error.message}`);
  });
  if (!answer.ok) throw new PveError(500, `download failed: ${answer.status} ${answer.statusText}`);
  return answer;
}

/** Downloads a file for real and checks its sum; only its name and size are kept. */
function download(call: Call): string {
  const { api, at, params, who } = call;
  const storage = at.storage ?? "";
  const { content = "", filename = "", url = "" } = params;
  demand(api.state, who, `/storage/${storage}`, "Datastore.AllocateTemplate");
  demandFetch(call);
  demandContent(storage, content);
  if (!ENDINGS[content]?.test(filename)) throw badParameters({ filename: "wrong file extension" });
  const algorithm = params["checksum-algorithm"];
  if ((params.checksum === undefined) !== (algorithm === undefined))
    throw badParameters({ checksum: "missing property - 'checksum-algorithm' requires this property" });
  const volid = `${storage}:${content}/${filename}`;
  if (api.state.volumes.some((volume) => volume.volid === volid))
    throw new PveError(500, `refusing to override existing file '/var/lib/vz/${content}/${filename}'`);
  return api.tasks.start(at.node ?? "", "download", filename, who.userid, async (log) => {
    log(`downloading ${url} to ${volid}`);
    const bytes = Buffer.from(await (await get(url)).arrayBuffer());
    if (algorithm !== undefined) {
      const found = createHash(algorithm).update(bytes).digest("hex");
      if (found !== params.checksum?.toLowerCase())
        throw new Error(`checksum mismatch: got '${found}' != expect '${params.checksum}'`);
    }
    const format = filename.split(".").pop() ?? "";
    api.state.volumes.push({
      volid,
      content,
      format: content === "vztmpl" ? `t${format}` : format,
      size: bytes.length,
    });
    api.save();
  });
}

export const downloadRoutes: readonly Route[] = [
  route("GET", "/nodes/{node}/query-url-metadata", { url: "string!", "verify-certificates": "bool" }, async (call) => {
    demandFetch(call);
    const answer = await get(call.params.url ?? "");
    const size = (await answer.arrayBuffer()).byteLength;
    return {
      filename: new URL(answer.url).pathname.split("/").pop(),
      mimetype: answer.headers.get("content-type"),
      size,
    };
  }),
  route(
    "POST",
    "/nodes/{node}/storage/{storage}/download-url",
    {
      url: "string!",
      filename: "string!",
      content: "string!",
      checksum: "string",
      "checksum-algorithm": "string",
      compression: "string",
      "verify-certificates": "bool",
    },
    download,
  ),
];
