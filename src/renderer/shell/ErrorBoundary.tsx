import { Component, type ReactNode } from 'react';
import { Button, Trouble } from '../look/index.ts';

interface Props {
  children: ReactNode;
  /** A new value clears the trouble: the user went to another place. */
  place: string;
  again: string;
}

/** A screen that failed says so in its own place; the rail and the other screens go on. */
export class ErrorBoundary extends Component<Props, { error: unknown; failed: boolean }> {
  override state = { error: null as unknown, failed: false };

  static getDerivedStateFromError(error: unknown) {
    return { error, failed: true };
  }

  override componentDidUpdate(before: Props) {
    if (this.state.failed && before.place !== this.props.place) this.setState({ error: null, failed: false });
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="body is-single">
        <main className="stage" id="main" data-pane="stage">
          <Trouble
            error={this.state.error}
            level={2}
            actions={
              <Button onClick={() => this.setState({ error: null, failed: false })}>
                {this.props.again}
              </Button>
            }
          />
        </main>
      </div>
    );
  }
}
