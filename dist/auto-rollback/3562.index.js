export const id=3562;export const ids=[3562];export const modules={8169:(t,e,r)=>{r.d(e,{TT:()=>o,ey:()=>s,tB:()=>c});var i=r(3010),n=r(6631),a=r(3001);async function s(t,e,r){let s=await (0,a.Z8)(t,r),{status:o}=s,c=function(t){try{let e=JSON.parse(t);return"object"!=typeof e||null===e||Array.isArray(e)?void 0:e}catch{return}}(await s.text());if(void 0===c&&o<300)throw new n.Ri(`${(0,i.z)(t.url)} answers no JSON object; is it ${e}?`);return{status:o,fields:c??{}}}function o(t){return"string"!=typeof t||""===t.trim()?"":`: ${JSON.stringify(t.replace(/\s+/g," ").trim().slice(0,200))}`}function c(t,e){return`Basic ${Buffer.from(`${t}:${e}`).toString("base64")}`}},6351:(t,e,r)=>{function i(t,e){let{origin:r}=new URL(t);return t=>t.origin===r?{...e}:{}}function n(t,e){return i(t,void 0===e?{}:{authorization:e})}r.d(e,{E:()=>i,x:()=>n})},3336:(t,e,r)=>{r.d(e,{bv:()=>o,cv:()=>s,ko:()=>a});var i=r(6631),n=r(3001);function a(t,e){let r=URL.parse(t.trim()),n=r?.username===""&&""===r.password&&""===r.search&&""===r.hash;if(!r||!n||!["http:","https:"].includes(r.protocol))throw new i.xL(`${e} is no address of a server; write https://host or https://host/path`);return r.href.replace(/\/+$/,"")}function s(t,e,r){let i=new URL(t);(0,n._1)(i)||r.log.warning(`${e} credentials travel over plain http to ${i.host}; use https`)}function o(t,e){return t[e]?.trim()||void 0}},3562:(t,e,r)=>{r.d(e,{S:()=>w,WandbClient:()=>p});var i=r(3010),n=r(6631),a=r(8169),s=r(4092),o=r(6351),c=r(3001),f=r(3336);let l=`query ArtifactMembershipByName($entity: String!, $project: String!, $name: String!) {
  project(name: $project, entityName: $entity) {
    artifactCollectionMembership(name: $name) {
      versionIndex
      artifact { id state digest }
    }
  }
}`,u=`query FetchArtifactManifest($id: ID!) {
  artifact(id: $id) { currentManifest { file { directUrl } } }
}`,h=`query GetArtifactMembershipFileUrls($entity: String!, $project: String!, $collection: String!, $alias: String!, $cursor: String, $perPage: Int) {
  project(name: $project, entityName: $entity) {
    artifactCollection(name: $collection) {
      artifactMembership(aliasName: $alias) {
        files(after: $cursor, first: $perPage) {
          pageInfo { endCursor hasNextPage }
          edges { node { name directUrl } }
        }
      }
    }
  }
}`,d=`query ArtifactMembershipFiles($entity: String!, $project: String!, $collection: String!, $alias: String!, $fileNames: [String!], $perPage: Int = 50) {
  project(name: $project, entityName: $entity) {
    artifactCollection(name: $collection) {
      artifactMembership(aliasName: $alias) {
        files(names: $fileNames, first: $perPage) {
          edges { node { directUrl } }
        }
      }
    }
  }
}`,$=`query Run($project: String!, $entity: String!, $name: String!) {
  project(name: $project, entityName: $entity) {
    run(name: $name) { state summaryMetrics }
  }
}`;class p{url;#t;#e;#r;constructor(t){let{env:e,token:r,endpoint:i}=t;this.url=(0,f.ko)(i??(0,f.bv)(e,"WANDB_BASE_URL")??"https://api.wandb.ai",void 0===i?"`WANDB_BASE_URL`":"input `endpoint`");let n=r??(0,f.bv)(e,"WANDB_API_KEY");if(this.#r=t,this.#e=void 0===n?"without a key":`with ${void 0===r?"`WANDB_API_KEY`":"input `token`"}`,this.#t=void 0===n?void 0:(0,a.tB)("api",n),void 0===n)return;t.addSecret?.(n),void 0!==this.#t&&t.addSecret?.(this.#t.slice(6)),(0,f.cv)(this.url,"W&B’s",t)}async artifact(t,e){let r=await this.find(t,e);if(void 0!==r)return r;throw new n.xL(`${w(t,e)} does not exist: the project has no artifact of this name with this alias`)}async find(t,e){let r=w(t,e),{entity:i,project:a,collection:o}=t,c={entity:i,project:a,name:`${o}:${e}`},f=await this.query(l,c,r);if(g(f.project))throw new n.xL(`the W&B project ${i}/${a} does not exist, or may not be seen ${this.#e}; set \`WANDB_API_KEY\` or input \`token\` to a key that may`);let u=(0,s.Pf)(f.project,r).artifactCollectionMembership;if(g(u)||g((0,s.Pf)(u,r).artifact))return;let h=(0,s.Pf)(u,r),d=(0,s.Pf)(h.artifact,r);if("COMMITTED"!==d.state)throw new n.xL(`${r} can't be read: its state is ${JSON.stringify(String(d.state))}`);let $=h.versionIndex;if(!Number.isSafeInteger($))throw new n.Ri(`${r}: the answer names no version`);return{id:(0,s.b6)(d.id,r,"id"),version:`v${String($)}`,digest:(0,s.b6)(d.digest,r,"digest")}}async manifest(t,e){let r=await this.query(u,{id:t},e),a=(0,s.Pf)(r.artifact,e),o=(0,s.Pf)((0,s.Pf)(a.currentManifest,e).file,e),f=await (0,c.Z8)({url:(0,s.b6)(o.directUrl,e,"directUrl")},this.#r);if(200!==f.status)throw new n.Ri(`${e}: its manifest at ${(0,i.z)(f.url)} answered ${f.status}`);return f.text()}async fileUrls(t,e){let r=w(t,e),i=new Map;for(let a=null;;){let o={...t,alias:e,cursor:a,perPage:5e3},c=m(await this.query(h,o,r),r);for(let t of y(c,r))"string"==typeof t.directUrl&&i.set((0,s.b6)(t.name,r,"name"),t.directUrl);let f=(0,s.Pf)(c.pageInfo,r);if(!0!==f.hasNextPage)return i;let l=(0,s.b6)(f.endCursor,r,"endCursor");if(l===a)throw new n.Ri(`${r}: the server's pages go in a circle`);a=l}}async freshUrl(t,e,r){let i=w(t,e),n={...t,alias:e,fileNames:[r],perPage:1},[a]=y(m(await this.query(d,n,i),i),i);return"string"==typeof a?.directUrl?a.directUrl:void 0}async runSummary(t,e,r){let i=`wandb:${t}/${e}/${r}`,a=await this.query($,{entity:t,project:e,name:r},i),o=g(a.project)?void 0:(0,s.Pf)(a.project,i).run;if(g(o))throw new n.xL(`${i} does not exist, or may not be seen ${this.#e}; give the run's id, as its address ends, and a key that may`);let{state:c,summaryMetrics:f}=(0,s.Pf)(o,i);if("finished"!==c)throw new n.xL(`${i}: its state is ${JSON.stringify(String(c))}; only a finished run has all its metrics`);return"string"==typeof f?f:JSON.stringify(f??{})}async query(t,e,r){return(0,s.Pf)((await this.post("graphql",{query:t,variables:e},r)).data,r)}async post(t,e,r){let c=`${this.url}/${t}`,{status:f,fields:l}=await (0,a.ey)({url:c,method:"POST",headers:{"content-type":"application/json"},body:JSON.stringify(e),authorize:(0,o.x)(c,this.#t)},"a W&B server",this.#r),[u]=(0,s.jk)(l.errors,r),h=void 0===u?(0,a.TT)(l.error):(0,a.TT)((0,s.Pf)(u,r).message);if(401===f||403===f)throw new n.xL(`${r} may not be read ${this.#e} (${f} from ${(0,i.z)(this.url)}${h}); set \`WANDB_API_KEY\` or input \`token\` to a key that may`);if(404===f)throw new n.xL(`${r} does not exist on ${(0,i.z)(this.url)}${h}`);if(200!==f||void 0!==u)throw new n.Ri(`${r}: ${(0,i.z)(this.url)} answered ${f}${h}`);return l}}function m(t,e){let r=(0,s.Pf)((0,s.Pf)(t.project,e).artifactCollection,e);return(0,s.Pf)((0,s.Pf)(r.artifactMembership,e).files,e)}function y(t,e){return(0,s.jk)(t.edges,e).flatMap(t=>{let{node:r}=(0,s.Pf)(t,e);return g(r)?[]:[(0,s.Pf)(r,e)]})}function g(t){return null==t}function w({entity:t,project:e,collection:r},i){return`wandb:${t}/${e}/${r}:${i}`}}};
