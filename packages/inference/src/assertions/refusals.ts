/**
 * Whether an answer refuses, by its first words: English and Chinese (simplified and traditional). An apology alone is
 * none ("I'm sorry to hear that"), nor is what is said of oneself ("I can't help but love it", 我不会忘记): it takes a
 * refusal to do something for the one who asked. Pure and bounded: the router asks it about live traffic.
 */

/** How much of an answer's beginning is looked at. */
export const HEAD_CHARS = 256;

/** What comes before "I can't", as often as three times: regrets, thanks, understanding. */
const LEADS =
  "(?:(?:unfortunately|regrettably|sorry|(?:my )?apologies|i(?:'m| am) (?:(?:very|so|really|truly|deeply) )?(?:sorry|afraid)(?: that|, [a-z]{2,12}(?=[.!]))?|i (?:sincerely )?apologi[sz]e|(?:while |although )?i (?:do )?(?:understand|appreciate|know|hear)\\b[^.!?\\n]{0,90}?(?=[,.;—-]| but\\b)|thank(?:s| you)\\b[^.!?,\\n]{0,60}|hello|hi|no|well|oh)[ ,.!:;—-]{1,3}(?:(?:but|however|that|though)[ ,]{1,2})?){0,3}";

const CANNOT =
  "(?:(?:can't|cannot|can not) and (?:will not|won't)|can't|cannot|can not|could not|couldn't|won't|will not|shouldn't|(?:'m|am|'re|are) (?:just |simply )?(?:not able to|unable to|not allowed to|not permitted to|not authorized to|not going to|not in a position to|not comfortable|not willing to|unwilling to|prohibited from|not designed to|not programmed to)|(?:do not|don't) feel comfortable|(?:must|have to|need to|will have to|am going to have to) (?:respectfully |politely )?(?:decline|refuse)|(?:respectfully |politely )?(?:decline|refuse)(?: to|(?=[.!,]|$))|would rather not|'d rather not|prefer not to)";

/** What is refused. Behind "help" no "but", "it" or "…ing": those are the speaker's own. */
const SERVE =
  '(?:ethically |directly |legally |in good conscience |really |possibly |just |even )?(?:help(?: you)?(?! (?:but|it|myself|\\w+ing\\b))|assist|provid|comply|compli|do (?:that|this|so|it for)|answer(?! for\\b)|fulfil|support (?:that|this|you|such|your|any|requests?)|creat|generat|writ(?:e|ing) (?:that|this|an?\\b|any|such|the|code|you|content|about|explicit|hate)|produc|giv(?:e|ing) (?:you|out|advice|any|that|this|instructions|medical|legal|financial|specific)|shar|discuss|engage in|engage with|participat|offer|continue (?:with )?(?:this|that|the)|respond|disclos|reveal|tell you (?:how to|what|who|where|that)|tell (?:jokes|stories) (?:about|that)|show you|describ|explain how to|explaining how to|recommend|endors|process|complet|proceed|mak(?:e|ing) (?:that|this|such|any|jokes)|facilitat|encourag|satisfy|accommodat|advis|follow (?:that|this|those|such|your)|ignor|bypass|roleplay|role-play|pretend|impersonat|repeat|translat|access|browse|predict)';

const WE = "(?:i|we|it(?:'s| is) (?:that )?i)";

const ENGLISH: readonly RegExp[] = [
  // The speaker's love of a thing ("can't recommend it enough") refuses nothing.
  new RegExp(
    `^${LEADS}${WE} ?${CANNOT}(?:[.!]|$| ${SERVE}|(?<=comfortable)(?=[ .,!])|(?<=decline|refuse)(?:[.,!]| (?:to|this|that|your|the|any)\\b))(?![^.!?]{0,60}\\benough\\b)`,
  ),
  new RegExp(
    `^${LEADS}(?:that|this|it)(?:'s| is) (?:not |against )(?:something (?:that )?(?:i|we)(?: can|'m able|'ll| will|'m comfortable|'m willing)|(?:appropriate|ethical|okay|ok|acceptable|possible) for me to|my (?:guidelines|policy|policies|programming|principles))`,
  ),
  /^(?:(?:i'm|i am) )?(?:very |so |really )?sorry,? (?:but )?(?:i can't|i cannot|i can not)(?! (?:believe|wait|imagine|remember|recall|find|see|tell if|tell whether|help (?:but|it|\w+ing\b)))/,
  /^(?:[^.!?\n]{0,40}, (?:but )?)?it (?:would be|is|'s) (?:unethical|inappropriate|irresponsible|illegal|wrong|not appropriate|not ethical|not right|against my \w+) (?:for me )?to (?:help|assist|provide|give|write|create|generate|share|answer|discuss|engage|do)/,
  /^(?:[^.!?\n]{0,40}, (?:but )?)?(?:this|that|your|the) (?:request|prompt|question|content|query) (?:cannot|can't|can not|could not|violates|may violate|goes against|is against|is not something|isn't something|falls outside)/,
];

/** Of an AI that speaks of itself, and says what it doesn't do. */
const AS_AN_AI =
  /^(?:[^.!?\n]{0,30}[ ,])?(?:as an? (?:\w+ )?(?:ai|artificial intelligence|(?:large )?language model|chatbot|virtual assistant)(?: (?:language )?(?:model|assistant|chatbot|system|program|tool))?(?: (?:developed|created|trained|made|built) by [^,.]{1,30})?,? |i(?:'m| am) (?:just |only |merely )?an? (?:ai|artificial intelligence|(?:large )?language model|chatbot)\b[^.!?]{0,40}?(?:,|\.|and|so) ?)(?:so )?(?:and )?(?:i|my)\b[^.!?\n]{0,60}?(?:can't|cannot|can not|unable|not able|won't|will not|must decline|not allowed|not permitted|not programmed|not designed|(?:do not|don't) (?:provide|engage|support|condone|feel comfortable|assist|help|have|hold|possess|express|form)|have no\b|lack)/;
const OPINIONS =
  /^[^.!?\n]{0,140}(?:have no|lack|(?:do not|don't) (?:have|hold|possess|express|form)) (?:\w+ ){0,2}(?:opinions?|feelings?|emotions?|beliefs?|preferences?|experiences?|body|favou?rites?|consciousness)/;
const BUT_SERVES =
  /\b(?:but|however|so|still)\b[^.!?\n]{0,40}\b(?:i can|i'd be|i'll|i will|here(?:'s| is| are)|happy to|glad to|let me|let's)\b/;

const CANNOT_ZH =
  '(?:不能够?|不可以|无法|無法|不会|不會|不便|不方便|没办法|沒辦法|没法|不允许|不允許|不被允许|不被允許|不应该?|不應該?|不得|难以|難以|不打算|不想|拒绝|拒絕)';
const SERVE_ZH =
  '(?:直接|继续|繼續|向[您你]|对此|對此|就此|为[您你]|為[您你]|给[您你]|給[您你]|帮[您你]?|幫[您你]?){0,2}(?:帮(?!不)|幫|协助|協助|提供|回答|回应|回應|回复|回覆|满足|滿足|生成|撰写|撰寫|编写|編寫|写(?:这|出|一|任|关|此|有)|寫(?:這|出|一|任|關)|讨论|討論|参与|參與|执行|執行|透露|泄露|洩露|告诉[您你]|告訴[您你]|给出|給出|分享|解答|支持|配合|描述|教[您你]|创作|創作|答复|答覆|按照|按您|按你|遵循|遵从|遵從|处理(?:这|该|您|你|此)|處理(?:這|該|您|你)|完成(?:这|该|您|你|此)|完成(?:這|該)|谈论|談論|评价|評價|评论|評論|推荐|推薦|展示|制作|製作|进行(?:这|此|该|任)|為您|为您|为你|對您|模拟|扮演|翻译(?:这|该)|做(?:这|那|出|此)|接受(?:这|该|您|你)|預測|预测|访问|存取)';

const CHINESE: readonly RegExp[] = [
  // 抱歉,我不能…: behind an apology the clause that refuses, before the sentence ends.
  new RegExp(
    `^(?:(?:真的?|很|非常|十分|实在|實在)?(?:抱歉|对不起|對不起|不好意思|遗憾|遺憾|歉意)|恕我|恕)[^。!?！？\\n]{0,40}?(?:(?:我们?|我們|本(?:人|助手|系统|模型)|这里|目前|暂时)[^。!?！？\\n]{0,12}?${CANNOT_ZH}(?![记記忘想相停住不算看听聽弄搞确確理])|${CANNOT_ZH}${SERVE_ZH}|违反|違反|违法|違法|从命|從命)`,
  ),
  new RegExp(
    `^(?:[^。!?！？\\n]{0,16}[,，])?(?:但是?|所以|因此)?(?:我们?|我們|本(?:人|助手|系统|模型))(?:是[^。!?！？\\n]{0,20}[,，]\\s*)?(?:实在|實在|暂时|目前|绝对|絕對|也|并|恐怕|必须|必須|只能|确实)?${CANNOT_ZH}${SERVE_ZH}`,
  ),
  /^(?:我(?:们|們)?(?:必须|必須|只能|不得不)?(?:拒绝|拒絕)(?:[。!！,，]|$|回答|提供|协助|協助|您|你|这|該|该|此|参与|执行|生成|讨论|满足|帮|幫)|恕难从命|恕難從命|请恕我(?:不能|无法|难以)|請恕我)/,
  /^(?:这个?|这些|该|您的|你的|此|您提出的|你提出的|這個|該)(?:请求|问题|内容|要求|話題|话题|請求|問題|內容)[^。!?！？\n]{0,20}(?:违反|違反|违法|違法|违规|違規|我?(?:无法|不能|無法)(?:提供|回答|协助|满足|处理|帮))/,
  /^(?:根据|根據|按照|依据|出于|由于|基于)[^。!?！？\n]{0,40}(?:我|本(?:助手|模型))[^。!?！？\n]{0,8}(?:不能|无法|不会|不便|無法|不會)(?:提供|回答|协助|協助|生成|满足|帮|幫|讨论|参与|给)/,
];

const AS_AN_AI_ZH =
  /^(?:[^。!?！？\n]{0,10}[,，])?(?:作为|作為|身为|身為)(?:一个|一個|一名|一款|一位|一种)?[^。!?！？\n，,]{0,12}(?:ai|人工智能|人工智慧|语言模型|語言模型|智能助手|聊天机器人|虚拟助手)(?:语言)?(?:模型|助手|助理|系统|程序|机器人)?[^。!?！？\n，,]{0,10}[,，]?\s*我[^。!?！？\n]{0,24}?(?:不能|无法|無法|不会|不會|没有|沒有|不具备|不具備|不便|不可以|不应|不應|拒绝|不提供|不支持)/;
const BUT_SERVES_ZH = /(?:但是?|不过|不過|所以|然而)[^。!?！？\n]{0,12}(?:可以|能够?|很乐意|愿意|会|來|来)/;
const OPINIONS_ZH =
  /(?:没有|沒有|不具备|不具備|不会|不會)[^。!?！？\n，,]{0,8}(?:感情|情感|情绪|观点|觀點|意见|看法|偏好|喜好|意识|身体|感受|经历|立场|疲|累)/;

/** Whether the first words of a text refuse what was asked. */
export function isRefusal(text: string): boolean {
  const head = text
    .slice(0, HEAD_CHARS + 32)
    .replace(/^[\s*_>#-]+/, '')
    .slice(0, HEAD_CHARS)
    .toLowerCase()
    .replaceAll('’', "'")
    .replace(/\s+/g, ' ');
  if (ENGLISH.some((pattern) => pattern.test(head))) return true;
  if (AS_AN_AI.test(head)) return !(OPINIONS.test(head) && BUT_SERVES.test(head));
  if (!/[\u4e00-\u9fff]/.test(head)) return false;
  if (CHINESE.some((pattern) => pattern.test(head))) return true;
  return AS_AN_AI_ZH.test(head) && !(OPINIONS_ZH.test(head) && BUT_SERVES_ZH.test(head));
}
