export const id=900;export const ids=[900,665];export const modules={900:(e,t,n)=>{n.d(t,{runCode:()=>a,runScript:()=>c});var o=n(8358),i=n(665),r=n(8489);let s="\x01sluice-result ";async function c(e,{value:t,file:n,config:o,timeout:i},{answer:r,given:s=r.text,prompt:d,vars:l,aides:u}){let p={prompt:d,vars:l??{},config:o??{},logProbs:r.logprobs??null,toolCalls:r.toolCalls??[],latencyMs:r.timings.e2eMs};return a({language:e,text:String(t),file:n,timeout:i},s,p,u?.signal)}async function a({language:e,text:t,file:n,usual:c="get_assert",timeout:l=10},u,p,f){var m;let v=(m=t,/:([A-Za-z_]\w*)$/.exec(m.replace(/^file:\/\//,""))?.[1]??("javascript"===e?void 0:c)),h=JSON.stringify({...void 0===n?{code:t}:{file:n,name:v},output:u,context:p}),[w,g]=d[e],x=void 0===w?process.execPath:await (0,i.findProgram)(w,process.env);if(void 0===x)throw Error(`there is no ${w} on this machine`);let{stdout:y}=await (0,o.e)(x,g,{input:h,env:{PATH:process.env.PATH??"",HOME:process.env.HOME??"/",PYTHONDONTWRITEBYTECODE:"1"},timeoutMs:1e3*l,...void 0===f?{}:{signal:f}}),$=y.split("\n").findLast(e=>e.startsWith(s)),k=void 0===$?void 0:(0,r.q)($.slice(s.length));if(void 0===k)throw Error("the code gave nothing");return k.value}let d={javascript:[void 0,["--input-type=module","-e",`
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
`]],python:["python3",["-c",`
import importlib.util, json, sys, textwrap
given = json.load(sys.stdin)
if "file" in given:
    spec = importlib.util.spec_from_file_location("check", given["file"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    check = getattr(module, given["name"])
else:
    code = given["code"].strip("\\n")
    body = code if "\\n" in code else "return " + code.strip()
    space = {"json": json}
    exec("def check(output, context):\\n" + textwrap.indent(textwrap.dedent(body), "    "), space)
    check = space["check"]
result = check(given["output"], given["context"])
print("\\n" + "${s}" + json.dumps(result, allow_nan=False, default=lambda value: getattr(value, "__dict__", None)))
`]],ruby:["ruby",["-e",`
require 'json'
given = JSON.parse($stdin.read)
if given['file']
  load given['file']
  name = given['name']
else
  code = given['code']
  name = 'check'
  eval("def check(output, context)\\n" + (code.strip.include?("\\n") ? code : 'return ' + code.strip) + "\\nend")
end
result = send(name, given['output'], given['context'])
puts "\\n" + "${s}" + JSON.generate(result)
`]]}},665:(e,t,n)=>{n.d(t,{findProgram:()=>s});var o=n(3024),i=n(1455),r=n(6760);async function s(e,t){if(e.includes("/"))return await c(e)?e:void 0;for(let n of(t.PATH??"").split(r.delimiter)){let t=(0,r.join)(n,e);if(""!==n&&await c(t))return t}}async function c(e){try{return await (0,i.access)(e,o.constants.X_OK),!0}catch{return!1}}},3232:(e,t,n)=>{n.d(t,{i:()=>s});var o=n(1455),i=n(8500),r=n(8777);async function s(e,t){void 0!==e.pid&&await c(e.pid,t)}async function c(e,t,n){if(void 0!==n){let t=await (0,r.X0)(e);if(void 0!==t&&t!==n)return!1}if(!d(e,"SIGTERM"))return!1;let o=Date.now()+t;for(;Date.now()<o;)if(await (0,i.setTimeout)(50),!await a(e))return!0;return d(e,"SIGKILL"),!0}async function a(e){if(!d(e,0))return!1;if("linux"!==process.platform||await (0,r.X0)(e)!==void 0)return!0;let t=(await (0,o.readdir)("/proc")).filter(e=>/^\d+$/.test(e));return(await Promise.all(t.map(e=>(0,r.Wr)(`/proc/${e}/stat`)))).some((t="")=>{let[n="",,o]=t.slice(t.lastIndexOf(")")+2).split(" ");return Number(o)===e&&!"ZX".includes(n)})}function d(e,t){try{return process.kill("win32"===process.platform?e:-e,t),!0}catch(e){if((0,r.r)(e,"ESRCH"))return!1;if((0,r.r)(e,"EPERM"))return!0;throw e}}},8358:(e,t,n)=>{n.d(t,{e:()=>c,y:()=>s});var o=n(1421),i=n(6631),r=n(3232);class s extends i.Ri{name="ProcessError";exitCode;stdout;stderr;constructor(e,t,n,o){let i=(o.trim()||n.trim()).split("\n").slice(-5).join("\n");super(`${e} ${t.why}${""===i?"":`: ${i}`}`),this.exitCode=t.code,this.stdout=n,this.stderr=o}}async function c(e,t,n={}){let i;n.signal?.throwIfAborted();let d=(0,o.spawn)(e,t,{cwd:n.cwd,env:n.env??process.env,stdio:[void 0===n.input?"ignore":"pipe","pipe","pipe"],detached:"win32"!==process.platform,windowsHide:!0}),l=a(d.stdout,"stdout",n.onLine),u=a(d.stderr,"stderr",n.onLine);d.stdin?.on("error",()=>void 0).end(n.input);let p="",f=e=>{p=e,i=(0,r.i)(d,5e3)},m=()=>f("was cancelled");n.signal?.addEventListener("abort",m,{once:!0});let v=void 0===n.timeoutMs?void 0:setTimeout(()=>f(`ran longer than ${n.timeoutMs} ms and was ended`),n.timeoutMs);try{var h,w;let t=await (h=d,w=()=>p,new Promise(e=>{let t,n=(t,n)=>e({code:t,why:w()||(null===t?`was killed by ${n}`:`exited with code ${t}`)});h.once("error",t=>e({code:null,why:`could not be started (${t.message})`})),h.once("exit",(e,o)=>{t=setTimeout(()=>{h.stdout?.destroy(),h.stderr?.destroy(),n(e,o)},2e3)}),h.once("close",(e,o)=>{clearTimeout(t),n(e,o)})}));if(await i,0!==t.code||""!==p)throw new s(e,t,l(),u());return{stdout:l(),stderr:u()}}finally{clearTimeout(v),n.signal?.removeEventListener("abort",m)}}function a(e,t,n){let o=[],i=0,r="";return e?.setEncoding("utf8"),e?.on("data",e=>{if(i<0x4000000&&o.push(e),i+=e.length,void 0===n)return;let s=(r+e).split("\n");for(let e of(r=s.pop()??"",s))n(e,t);r.length>65536&&(n(r,t),r="")}),e?.on("end",()=>{void 0!==n&&""!==r&&n(r,t)}),()=>o.join("")}}};
