/** The conversations by time, pinned ones first; or what was found in them. */
import { showMore, useList } from "../conversations/list.js";
import type { Conversation, Hit } from "../conversations/protocol.js";
import { conversationAddress } from "../route.js";
import { useWords } from "../words/words.js";
import { ConversationItem } from "./ConversationItem.js";

export function ConversationList({ shown }: { readonly shown: string | undefined }) {
  const words = useWords();
  const { conversations, total, hits } = useList();
  if (hits !== undefined) return <Hits hits={hits} />;
  if (conversations === undefined) return null;
  if (conversations.length === 0) return <p className="hint">{words.list.none}</p>;
  const pinned = conversations.filter(({ isPinned }) => isPinned);
  const others = conversations.filter(({ isPinned }) => !isPinned);
  const left = total - conversations.length;
  return (
    <>
      {pinned.length > 0 && <Part title={words.list.pinned} conversations={pinned} shown={shown} />}
      {others.length > 0 && <Part title={words.list.others} conversations={others} shown={shown} />}
      {left > 0 && (
        <button type="button" className="quiet" onClick={() => void showMore()}>
          {words.list.more(left)}
        </button>
      )}
    </>
  );
}

interface PartProps {
  readonly title: string;
  readonly conversations: readonly Conversation[];
  readonly shown: string | undefined;
}

function Part({ title, conversations, shown }: PartProps) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <ul>
        {conversations.map((conversation) => (
          <ConversationItem key={conversation.id} conversation={conversation} isShown={conversation.id === shown} />
        ))}
      </ul>
    </section>
  );
}

function Hits({ hits }: { readonly hits: readonly Hit[] }) {
  const words = useWords();
  if (hits.length === 0) return <p className="hint">{words.list.noHits}</p>;
  return (
    <ul>
      {hits.map((hit) => (
        <li key={`${hit.conversation} ${hit.message ?? ""}`} className="hit">
          <a href={conversationAddress(hit.conversation)}>
            <span className="title" dir="auto">
              {hit.title === "" ? words.list.untitled : hit.title}
            </span>
            {hit.message !== undefined && (
              <span className="excerpt" dir="auto">
                {hit.excerpt}
              </span>
            )}
          </a>
        </li>
      ))}
    </ul>
  );
}
