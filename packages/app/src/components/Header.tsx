import type { ReactNode } from "react";

interface Props {
  readonly hasModel: boolean;
  readonly isChoosing: boolean;
  readonly onChangeModel: () => void;
  readonly onNewConversation: () => void;
  readonly settings: ReactNode;
}

export function Header({ hasModel, isChoosing, onChangeModel, onNewConversation, settings }: Props) {
  return (
    <header className="header">
      <div className="brand">
        <img src="/icon.svg" alt="" width="36" height="36" />
        <div>
          <h1>Hearth</h1>
          <p className="subtitle">A language model in this tab. Nothing leaves your machine.</p>
        </div>
      </div>
      {hasModel && !isChoosing && (
        <nav className="actions" aria-label="Conversation">
          <button type="button" onClick={onNewConversation}>
            New conversation
          </button>
          <button type="button" onClick={onChangeModel}>
            Change model
          </button>
          {settings}
        </nav>
      )}
    </header>
  );
}
