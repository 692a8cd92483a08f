export const id=900;export const ids=[900,665];export const modules={900:(e,t,o)=>{o.d(t,{runScript:()=>a});var n=o(8358),i=o(665),r=o(8489);let s="\x01sluice-result ";async function a(e,t,{answer:o,prompt:d,vars:u,aides:p}){var f;let{value:m,file:h,config:w,timeout:v=10}=t,g={prompt:d,vars:u??{},config:w??{},logProbs:o.logprobs??null,toolCalls:o.toolCalls??[],latencyMs:o.timings.e2eMs},x=JSON.stringify({...void 0===h?{code:String(m)}:{file:h,name:(f=String(m),/:([A-Za-z_]\w*)$/.exec(f.replace(/^file:\/\//,""))?.[1])},output:o.text,context:g}),y="python"===e?await (0,i.findProgram)("python3",process.env):void 0;if("python"===e&&void 0===y)throw Error("there is no python3 on this machine");let[$,E]=void 0===y?[process.execPath,["--input-type=module","-e",c]]:[y,["-c",l]],{stdout:T}=await (0,n.e)($,E,{input:x,env:{PATH:process.env.PATH??"",HOME:process.env.HOME??"/",PYTHONDONTWRITEBYTECODE:"1"},timeoutMs:1e3*v,...p?.signal===void 0?{}:{signal:p.signal}}),k=T.split("\n").findLast(e=>e.startsWith(s)),b=void 0===k?void 0:(0,r.q)(k.slice(s.length));if(void 0===b)throw Error("the code gave nothing");return b.value}let c=`
import { pathToFileURL } from 'node:url';
const parts = [];
for await (const part of process.stdin) parts.push(part);
const { code, file, name, output, context } = JSON.parse(Buffer.concat(parts).toString('utf8'));
let check;
if (file !== undefined) {
  const module = await import(pathToFileURL(file).href);
  check = name === undefined ? (module.default?.default ?? module.default) : (module[name] ?? module.default?.[name]);
  if (typeof check !== 'function') throw new Error(name === undefined ? 'the file has no default export that is a function' : \`the file exports no function $\{name}\`);
} else if (code.trim().includes('\\n')) {
  check = new Function('output', 'context', code);
} else {
  const text = code.trim().replace(/;+\\s*$/, '');
  try { new Function(\`($\{text})\`); check = new Function('output', 'context', \`return ($\{text})\`); }
  catch { check = new Function('output', 'context', 'return eval(' + JSON.stringify(text) + ')'); }
}
const result = await check(output, context);
process.stdout.write('\\n${s}' + JSON.stringify(result ?? null) + '\\n');
process.exit(0);
`,l=`
import importlib.util, json, sys, textwrap
given = json.load(sys.stdin)
if "file" in given:
    spec = importlib.util.spec_from_file_location("check", given["file"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    check = getattr(module, given.get("name") or "get_assert")
else:
    code = given["code"].strip("\\n")
    body = code if "\\n" in code else "return " + code.strip()
    space = {"json": json}
    exec("def check(output, context):\\n" + textwrap.indent(textwrap.dedent(body), "    "), space)
    check = space["check"]
result = check(given["output"], given["context"])
print("\\n" + "${s}" + json.dumps(result, allow_nan=False, default=lambda value: getattr(value, "__dict__", None)))
`},665:(e,t,o)=>{o.d(t,{findProgram:()=>s});var n=o(3024),i=o(1455),r=o(6760);async function s(e,t){if(e.includes("/"))return await a(e)?e:void 0;for(let o of(t.PATH??"").split(r.delimiter)){let t=(0,r.join)(o,e);if(""!==o&&await a(t))return t}}async function a(e){try{return await (0,i.access)(e,n.constants.X_OK),!0}catch{return!1}}},3232:(e,t,o)=>{o.d(t,{i:()=>s});var n=o(1455),i=o(8500),r=o(8777);async function s(e,t){void 0!==e.pid&&await a(e.pid,t)}async function a(e,t,o){if(void 0!==o){let t=await (0,r.X0)(e);if(void 0!==t&&t!==o)return!1}if(!l(e,"SIGTERM"))return!1;let n=Date.now()+t;for(;Date.now()<n;)if(await (0,i.setTimeout)(50),!await c(e))return!0;return l(e,"SIGKILL"),!0}async function c(e){if(!l(e,0))return!1;if("linux"!==process.platform||await (0,r.X0)(e)!==void 0)return!0;let t=(await (0,n.readdir)("/proc")).filter(e=>/^\d+$/.test(e));return(await Promise.all(t.map(e=>(0,r.readFileIfThere)(`/proc/${e}/stat`)))).some((t="")=>{let[o="",,n]=t.slice(t.lastIndexOf(")")+2).split(" ");return Number(n)===e&&!"ZX".includes(o)})}function l(e,t){try{return process.kill("win32"===process.platform?e:-e,t),!0}catch(e){if((0,r.r)(e,"ESRCH"))return!1;if((0,r.r)(e,"EPERM"))return!0;throw e}}},8358:(e,t,o)=>{o.d(t,{e:()=>a,y:()=>s});var n=o(1421),i=o(6631),r=o(3232);class s extends i.Ri{name="ProcessError";exitCode;stdout;stderr;constructor(e,t,o,n){let i=(n.trim()||o.trim()).split("\n").slice(-5).join("\n");super(`${e} ${t.why}${""===i?"":`: ${i}`}`),this.exitCode=t.code,this.stdout=o,this.stderr=n}}async function a(e,t,o={}){let i;o.signal?.throwIfAborted();let l=(0,n.spawn)(e,t,{cwd:o.cwd,env:o.env??process.env,stdio:[void 0===o.input?"ignore":"pipe","pipe","pipe"],detached:"win32"!==process.platform,windowsHide:!0}),d=c(l.stdout,"stdout",o.onLine),u=c(l.stderr,"stderr",o.onLine);l.stdin?.on("error",()=>void 0).end(o.input);let p="",f=e=>{p=e,i=(0,r.i)(l,5e3)},m=()=>f("was cancelled");o.signal?.addEventListener("abort",m,{once:!0});let h=void 0===o.timeoutMs?void 0:setTimeout(()=>f(`ran longer than ${o.timeoutMs} ms and was ended`),o.timeoutMs);try{var w,v;let t=await (w=l,v=()=>p,new Promise(e=>{let t,o=(t,o)=>e({code:t,why:v()||(null===t?`was killed by ${o}`:`exited with code ${t}`)});w.once("error",t=>e({code:null,why:`could not be started (${t.message})`})),w.once("exit",(e,n)=>{t=setTimeout(()=>{w.stdout?.destroy(),w.stderr?.destroy(),o(e,n)},2e3)}),w.once("close",(e,n)=>{clearTimeout(t),o(e,n)})}));if(await i,0!==t.code||""!==p)throw new s(e,t,d(),u());return{stdout:d(),stderr:u()}}finally{clearTimeout(h),o.signal?.removeEventListener("abort",m)}}function c(e,t,o){let n=[],i=0,r="";return e?.setEncoding("utf8"),e?.on("data",e=>{if(i<0x4000000&&n.push(e),i+=e.length,void 0===o)return;let s=(r+e).split("\n");for(let e of(r=s.pop()??"",s))o(e,t);r.length>65536&&(o(r,t),r="")}),e?.on("end",()=>{void 0!==o&&""!==r&&o(r,t)}),()=>n.join("")}}};
